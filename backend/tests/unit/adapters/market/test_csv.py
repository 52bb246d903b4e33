from datetime import UTC, date, datetime

import pytest

from app.adapters.market import csv as price_file
from app.adapters.market.csv import read_csv
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import InvalidInputError
from app.simulation.bars import Adjustment, Bars, Resolution
from tests.builders import ticks
from tests.price_files import MONDAY

HEADER = "date,open,high,low,close,volume,dividend,pay_date,split_ratio\n"
FIRST = "2020-01-06,10,11,9,10.5,100,,,\n"


def read(
    text: str | bytes,
    *,
    resolution: Resolution = Resolution.DAY,
    timezone: str = "America/New_York",
) -> Bars:
    return read_csv(
        text.encode() if isinstance(text, str) else text,
        symbol="KO",
        resolution=resolution,
        adjustment=Adjustment.RAW,
        timezone=timezone,
    )


def read_minutes(*times: str, timezone: str = "America/New_York") -> Bars:
    rows = "".join(f"{time},10,10,10,10\n" for time in times)
    header = "timestamp,open,high,low,close\n"
    return read(header + rows, resolution=Resolution.MINUTE, timezone=timezone)


def refusal(text: str | bytes, resolution: Resolution = Resolution.DAY) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refused:
        read(text, resolution=resolution)
    return refused.value


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())


class TestDailyBars:
    def test_run_from_opening_to_close_in_new_york(self) -> None:
        bars = read("date,open,high,low,close\n2020-01-06,1,1,1,1\n2020-07-06,1,1,1,1\n")
        assert list(bars.starts) == [at(2020, 1, 6, 14, 30), at(2020, 7, 6, 13, 30)]
        assert list(bars.ends) == [at(2020, 1, 6, 21), at(2020, 7, 6, 20)]
        assert [bars.session(0), bars.session(1)] == [date(2020, 1, 6), date(2020, 7, 6)]

    def test_hold_the_prices_in_ticks_and_the_volume(self) -> None:
        bars = read(HEADER + FIRST)
        prices = (bars.opens[0], bars.highs[0], bars.lows[0], bars.closes[0])
        assert prices == (100_000, 110_000, 90_000, 105_000)
        assert list(bars.volumes) == [100]

    def test_have_no_volume_where_the_file_has_none(self) -> None:
        assert list(read("date,open,high,low,close\n2020-01-06,1,1,1,1\n").volumes) == [0]

    def test_hold_the_corporate_actions(self) -> None:
        bars = read(
            HEADER
            + "2020-01-06,10,11,9,10.5,100,0.41,2020-02-03,2\n"
            + "2020-01-07,10,11,9,10.5,100,0,,1\n"
            + "2020-01-08,10,11,9,10.5,100,0.000001,,0.05\n"
            + "2020-01-09,10,11,9,10.5,100,,,1/3\n"
        )
        assert bars.dividends == (
            Dividend(ex_date=date(2020, 1, 6), per_share=410_000, pay_date=date(2020, 2, 3)),
            Dividend(ex_date=date(2020, 1, 8), per_share=1, pay_date=None),
        )
        assert bars.splits == (
            Split(ex_date=date(2020, 1, 6), numerator=2, denominator=1),
            Split(ex_date=date(2020, 1, 8), numerator=1, denominator=20),
            Split(ex_date=date(2020, 1, 9), numerator=1, denominator=3),
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("39.299999", "39.3"),
            ("39.29995", "39.3"),
            ("39.299949999999999999999999999999", "39.2999"),
            ("0.0001", "0.0001"),
            ("200000", "200000"),
        ],
    )
    def test_round_a_price_half_up_once(self, text: str, expected: str) -> None:
        bars = read(f"date,open,high,low,close\n2020-01-06,{text},200000,0.0001,1\n")
        assert bars.opens[0] == ticks(expected)

    def test_keep_a_decimal_split_exactly(self) -> None:
        (split,) = read("date,open,high,low,close,split_ratio\n2020-01-06,1,1,1,1,1.324\n").splits
        assert (split.numerator, split.denominator) == (331, 250)


class TestIntradayBars:
    def test_take_a_naive_time_as_new_york_time(self) -> None:
        bars = read_minutes("2020-01-06 09:30:00", "2020-07-06T09:30")
        assert list(bars.starts) == [at(2020, 1, 6, 14, 30), at(2020, 7, 6, 13, 30)]
        assert [end - start for start, end in zip(bars.starts, bars.ends, strict=True)] == [60, 60]

    def test_take_a_naive_time_in_the_zone_that_was_named(self) -> None:
        assert list(read_minutes("2020-01-06 15:30", timezone="Europe/Berlin").starts) == [
            at(2020, 1, 6, 14, 30)
        ]

    @pytest.mark.parametrize(
        ("times", "timezone"),
        [
            (("2020-01-06T14:30:00Z", "2020-07-06T13:30:00+00:00"), "America/New_York"),
            (("2020-01-06T09:30:00-05:00", "2020-07-06T08:30:00-05:00"), "America/New_York"),
            (("2020-01-06T09:30:00-05:00", "2020-07-06T09:30:00-04:00"), "America/New_York"),
            (("2020-01-06T15:30:00+01:00", "2020-07-06T15:30:00+02:00"), "Europe/Berlin"),
        ],
    )
    def test_obey_the_offsets_of_one_clock(self, times: tuple[str, ...], timezone: str) -> None:
        starts = list(read_minutes(*times, timezone=timezone).starts)
        assert starts == [at(2020, 1, 6, 14, 30), at(2020, 7, 6, 13, 30)]

    def test_obey_offsets_on_the_day_of_a_clock_change(self) -> None:
        times = ("2020-11-01T01:30:00-04:00", "2020-11-01T01:30:00-05:00")
        assert list(read_minutes(*times).starts) == [at(2020, 11, 1, 5, 30), at(2020, 11, 1, 6, 30)]

    @pytest.mark.parametrize(
        ("times", "wrong"),
        [
            (("2020-01-06T09:30:00-05:00", "2020-01-06T14:31:00Z"), "by another clock"),
            (("2020-01-06T14:30:00Z", "2020-07-06T09:30:00-04:00"), "by another clock"),
            (("2020-01-06T09:30:00-05:00", "2020-01-06T09:31:00-04:30"), "by another clock"),
            (
                ("2020-01-06T09:30-05:00", "2020-07-06T09:30-04:00", "2020-07-06T09:30-05:00"),
                "by another clock",
            ),
            (("2020-01-06T09:30:00-05:00", "2020-01-06T09:31:00"), "without an offset"),
            (("2020-01-06T09:30:00", "2020-01-06T14:31:00Z"), "with an offset"),
        ],
    )
    def test_refuse_a_mixture_of_clocks(self, times: tuple[str, ...], wrong: str) -> None:
        with pytest.raises(InvalidInputError) as refused:
            read_minutes(*times)
        (error,) = refused.value.errors
        assert error.field == f"line {len(times) + 1}, timestamp"
        assert wrong in error.message

    def test_belong_to_the_date_in_new_york(self) -> None:
        bars = read_minutes("2020-01-07T00:30:00Z", "2020-01-07T14:30:00Z")
        assert [bars.session(0), bars.session(1)] == [date(2020, 1, 6), date(2020, 1, 7)]
        assert read_minutes("2020-01-07 06:00", timezone="Asia/Tokyo").session(0) == MONDAY

    @pytest.mark.parametrize(
        ("resolution", "seconds"),
        [("1m", 60), ("5m", 300), ("15m", 900), ("30m", 1800), ("1h", 3600)],
    )
    def test_end_after_their_resolution(self, resolution: str, seconds: int) -> None:
        text = "timestamp,open,high,low,close\n2020-01-06T14:30:00Z,1,1,1,1\n"
        bars = read(text, resolution=Resolution(resolution))
        assert bars.ends[0] - bars.starts[0] == seconds

    @pytest.mark.parametrize(
        ("time", "times"), [("2020-11-01 01:30:00", "twice"), ("2020-03-08 02:30:00", "never")]
    )
    def test_refuse_a_time_that_the_clock_change_makes_unclear(self, time: str, times: str) -> None:
        with pytest.raises(InvalidInputError) as refused:
            read_minutes("2020-01-06 09:30:00", time)
        (error,) = refused.value.errors
        assert error.field == "line 3, timestamp"
        assert f"happens {times} in America/New_York" in error.message

    def test_refuse_an_hour_that_midnight_repeats(self) -> None:
        # Clocks went back from the midnight after this evening to 23:00.
        with pytest.raises(InvalidInputError, match="happens twice in America/Sao_Paulo"):
            read_minutes("2018-02-17 23:30", timezone="America/Sao_Paulo")

    def test_accept_other_times_of_the_day_on_which_clocks_change(self) -> None:
        bars = read_minutes("2020-11-01 00:59", "2020-11-01 02:00")
        assert list(bars.starts) == [at(2020, 11, 1, 4, 59), at(2020, 11, 1, 7)]

    @pytest.mark.parametrize("time", ["2020-01-06", "2020-01-06T09:30:00.5", "noon", "1577836800"])
    def test_refuse_what_is_no_time_to_the_second(self, time: str) -> None:
        with pytest.raises(InvalidInputError) as refused:
            read_minutes(time)
        assert refused.value.errors[0].field == "line 2, timestamp"

    def test_refuse_an_unknown_zone(self) -> None:
        for zone in ("Mars/Olympus", "", "America", "../etc/passwd"):
            with pytest.raises(InvalidInputError) as refused:
                read_minutes("2020-01-06 09:30", timezone=zone)
            assert refused.value.errors[0].field == "timezone"


class TestRefusal:
    @pytest.mark.parametrize(
        ("row", "field", "message"),
        [
            ("2020-01-07,,11,9,10,1,,,", "line 3, open", "is empty"),
            ("2020-01-07,10,x,9,10,1,,,", "line 3, high", "is 'x'"),
            ("2020-01-07,10,11,nan,10,1,,,", "line 3, low", "is 'nan'"),
            ("2020-01-07,10,11,9,inf,1,,,", "line 3, close", "is 'inf'"),
            ("2020-01-07,10,11,9,0,1,,,", "line 3, close", "is '0'"),
            ("2020-01-07,10,11,9,-10,1,,,", "line 3, close", "is '-10'"),
            ("2020-01-07,10,11,9,0.00009,1,,,", "line 3, close", "is '0.00009'"),
            ("2020-01-07,10,200000.1,9,10,1,,,", "line 3, high", "is '200000.1'"),
            ("2020-01-07,10,1e999999999,9,10,1,,,", "line 3, high", "is '1e999999999'"),
            ("2020-01-07,10,1.1e1,9,10,1,,,", "line 3, high", "is '1.1e1', with an exponent"),
            ("2020-01-07,10,11,9,10,1E+2,,,", "line 3, volume", "with an exponent"),
            ("2020-01-07,10,11,9,10,1,1e-1,,", "line 3, dividend", "with an exponent"),
            ("2020-01-07,10,11,9,10,1,,,1e1", "line 3, split_ratio", "with an exponent"),
            ("2020-01-07,10,9,11,10,1,,,", "line 3, low", "is 11, above the high, 9"),
            ("2020-01-07,8.9,11,9,10,1,,,", "line 3, open", "is 8.9"),
            ("2020-01-07,10,11,9,11.1,1,,,", "line 3, close", "is 11.1"),
            ('2020-01-07,10,"11,5",9,10,1,,,', "line 3, high", "is '11,5'"),
            ("2020-01-07,10,11,9,10,-1,,,", "line 3, volume", "is '-1'"),
            ("2020-01-07,10,11,9,10,many,,,", "line 3, volume", "is 'many'"),
            ("2020-01-07,10,11,9,10,1,-0.5,,", "line 3, dividend", "is '-0.5'"),
            ("2020-01-07,10,11,9,10,1,1e-7,,", "line 3, dividend", "is '1e-7'"),
            ("2020-01-07,10,11,9,10,1,0.5,soon,", "line 3, pay_date", "is 'soon'"),
            ("2020-01-07,10,11,9,10,1,0.5,2020-01-06,", "line 3, pay_date", "is 2020-01-06"),
            ("2020-01-07,10,11,9,10,1,,2020-02-01,", "line 3, pay_date", "without a dividend"),
            ("2020-01-07,10,11,9,10,1,,,0", "line 3, split_ratio", "is '0'"),
            ("2020-01-07,10,11,9,10,1,,,-2", "line 3, split_ratio", "is '-2'"),
            ("2020-01-07,10,11,9,10,1,,,2:1", "line 3, split_ratio", "is '2:1'"),
            ("2020-01-07,10,11,9,10,1,,,1/0", "line 3, split_ratio", "is '1/0'"),
            ("2020-01-07,10,11,9,10,1,,,0.00000001", "line 3, split_ratio", "is '0.00000001'"),
            ("07.01.2020,10,11,9,10,1,,,", "line 3, date", "is '07.01.2020'"),
            ("1820-01-07,10,11,9,10,1,,,", "line 3, date", "is '1820-01-07'"),
            ("2020-02-30,10,11,9,10,1,,,", "line 3, date", "is '2020-02-30'"),
            ("2020-01-06,10,11,9,10,1,,,", "line 3, date", "the same as the row before"),
            ("2020-01-03,10,11,9,10,1,,,", "line 3, date", "earlier than the row before"),
            ("2020-01-07,10,11,9,10,1,,", "line 3", "has 8 cells"),
            ("2020-01-07,10,11,9,10,1,,,,", "line 3", "has 10 cells"),
            ('2020-01-07,10,11,9,"10,1,,,', "line 3", "not comma-separated values"),
        ],
    )
    def test_names_line_and_column(self, row: str, field: str, message: str) -> None:
        (error,) = refusal(HEADER + FIRST + row + "\n").errors
        assert error.field == field
        assert message in error.message
        assert error.allowed

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            ("date,open,high,low", "has no column close"),
            ("timestamp,open,high,low,close", "has no column date"),
            ("date,open,high,low,close,adj_close", "has the unknown column 'adj_close'"),
            ("date,open,high,low,close,close", "has the column close twice"),
            ("date;open;high;low;close", "has the unknown column 'date;open;high;low;close'"),
            ("date,open,high,low,close,", "has the unknown column ''"),
        ],
    )
    def test_names_what_is_wrong_with_the_header(self, header: str, message: str) -> None:
        errors = refusal(header + "\n").errors
        assert {error.field for error in errors} == {"line 1"}
        assert message in [error.message for error in errors]

    def test_lists_every_bad_cell_of_a_row(self) -> None:
        errors = refusal(HEADER + FIRST + "x,1,y,1,z,1,,,\n").errors
        fields = [error.field for error in errors]
        assert fields == ["line 3, date", "line 3, high", "line 3, close"]

    def test_lists_the_first_fifty_faults_and_counts_all(self) -> None:
        rows = "".join(f"{day},10,11,9,x,1,,,\n" for day in ("2020-01-06", "2020-01-07") * 40)
        errors = refusal(HEADER + rows).errors
        assert len(errors) == 51
        # 80 bad closes, and 78 dates that are not later than the row before.
        assert errors[-1].message.startswith("has 158 faults, the first 50 ")

    def test_counts_lines_over_blank_ones_and_line_ends(self) -> None:
        text = (HEADER + FIRST + "\n" + "2020-01-07,10,11,9,x,1,,,\n").replace("\n", "\r\n")
        assert refusal(text).errors[0].field == "line 4, close"

    def test_answers_an_empty_file(self) -> None:
        assert refusal("").errors[0].message == "is empty"
        assert refusal("\n\r\n").errors[0].message == "is empty"
        assert refusal(HEADER).errors[0].message == "has no row below its header"

    def test_answers_what_is_not_utf_8(self) -> None:
        text = HEADER.encode() + b"2020-01-06,10,11,9,\xff,1,,,\n"
        (error,) = refusal(text).errors
        assert (error.field, error.allowed) == ("line 2", "text saved as UTF-8")
        assert refusal((HEADER + FIRST).encode("utf-16")).errors[0].field == "line 1"

    def test_answers_a_workbook(self) -> None:
        (error,) = refusal(b"PK\x03\x04\x14\0\x06\0").errors
        assert error.allowed == "text; save the sheet as CSV UTF-8"

    def test_bounds_what_it_says_of_a_header(self) -> None:
        (error,) = refusal("date," * 1_000_000).errors
        assert error.message == "has 1000001 columns"
        errors = refusal("date,open,high,low,close," + "x" * 1000).errors
        assert len(errors[0].message) < 80

    def test_shortens_a_long_cell(self) -> None:
        (error,) = refusal(HEADER + f"2020-01-06,10,11,9,{'x' * 1000},1,,,\n").errors
        assert len(error.message) < 60

    def test_bounds_the_size_of_a_file(self) -> None:
        (error,) = refusal(b"x" * (price_file.BYTES_MAX + 1)).errors
        assert (error.field, error.allowed) == ("file", "at most 67108864 bytes")

    def test_refuses_a_second_action_of_a_session(self) -> None:
        text = (
            "timestamp,open,high,low,close,dividend,split_ratio\n"
            "2020-01-06 09:30,1,1,1,1,0.1,2\n"
            "2020-01-06 09:31,1,1,1,1,0.1,2\n"
        )
        fields = [error.field for error in refusal(text, Resolution.MINUTE).errors]
        assert fields == ["line 3, dividend", "line 3, split_ratio"]
