from array import array
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.market.csv import read_csv
from app.domain.corporate_action import Dividend, Split
from app.domain.rules import PRICE_MAX
from app.simulation.bars import Adjustment, Bars, Resolution, content_digest
from tests.price_files import COLUMNS, NEW_YORK, daily_bars, flat, write_csv


def read(content: bytes, *, resolution: Resolution) -> Bars:
    return read_csv(
        content,
        symbol="KO",
        resolution=resolution,
        adjustment=Adjustment.RAW,
        timezone="America/New_York",
    )


def prices() -> st.SearchStrategy[int]:
    return st.integers(min_value=1, max_value=PRICE_MAX)


@st.composite
def drawn_bars(draw: st.DrawFn) -> Bars:
    gaps = draw(st.lists(st.integers(min_value=1, max_value=40), min_size=1, max_size=12))
    count = len(gaps)

    def column(values: st.SearchStrategy[int]) -> array[int]:
        return array("q", draw(st.lists(values, min_size=count, max_size=count)))

    ordered = [sorted(draw(st.tuples(*[prices()] * 4))) for _ in range(count)]
    swapped = draw(st.booleans())
    template = daily_bars([flat("1")] * count)
    if draw(st.booleans()):
        days = [date(1999, 12, 31) + timedelta(days=gap) for gap in accumulate(gaps)]
        openings = [datetime(on.year, on.month, on.day, 9, 30, tzinfo=NEW_YORK) for on in days]
        resolution, seconds = Resolution.DAY, 23_400
        starts = [int(opening.timestamp()) for opening in openings]
    else:
        resolution, seconds = Resolution.HOUR, 3600
        starts = [946_684_800 + 7200 * gap for gap in accumulate(gaps)]
    sessions = [datetime.fromtimestamp(start, NEW_YORK).toordinal() for start in starts]
    dates = [date.fromordinal(session) for session in sorted(set(sessions))]
    ex_dates = st.lists(st.sampled_from(dates), unique=True).map(sorted)
    return replace(
        template,
        resolution=resolution,
        starts=array("q", starts),
        ends=array("q", (start + seconds for start in starts)),
        sessions=array("q", sessions),
        opens=array("q", (row[2 if swapped else 1] for row in ordered)),
        highs=array("q", (row[3] for row in ordered)),
        lows=array("q", (row[0] for row in ordered)),
        closes=array("q", (row[1 if swapped else 2] for row in ordered)),
        volumes=column(st.integers(min_value=0, max_value=10**15)),
        dividends=tuple(
            Dividend(
                ex_date=on,
                per_share=draw(st.integers(min_value=1, max_value=10**11)),
                pay_date=draw(st.none() | st.dates(min_value=on, max_value=date(2100, 12, 31))),
            )
            for on in draw(ex_dates)
        ),
        splits=tuple(
            Split(ex_date=on, numerator=draw(st.sampled_from([2, 3, 7])), denominator=1)
            if draw(st.booleans())
            else Split(ex_date=on, numerator=1, denominator=draw(st.sampled_from([3, 15, 20])))
            for on in draw(ex_dates)
        ),
    )


class TestReading:
    @given(bars=drawn_bars(), order=st.permutations(COLUMNS))
    def test_undoes_writing_whatever_order_case_and_line_end(
        self, bars: Bars, order: list[str]
    ) -> None:
        written = write_csv(bars)
        dressed = write_csv(bars, columns=order, upper=True, line_end="\r\n", bom=True)
        assert read(written, resolution=bars.resolution) == bars
        assert content_digest(read(dressed, resolution=bars.resolution)) == content_digest(bars)


class TestDigest:
    BARS = daily_bars(
        [flat("10"), flat("11")],
        dividends=[Dividend(ex_date=date(2020, 1, 7), per_share=1, pay_date=None)],
        splits=[Split(ex_date=date(2020, 1, 7), numerator=2, denominator=1)],
    )

    @pytest.mark.parametrize("column", list(BARS.columns()))
    @pytest.mark.parametrize("index", [0, 1])
    def test_changes_with_every_number(self, column: str, index: int) -> None:
        values = array("q", self.BARS.columns()[column])
        values[index] += 1
        changes: dict[str, Any] = {column: values}
        changed = replace(self.BARS, **changes)
        assert content_digest(changed) != content_digest(self.BARS)

    @pytest.mark.parametrize(
        "changes",
        [
            {"symbol": "PEP"},
            {"resolution": Resolution.HOUR},
            {"adjustment": Adjustment.SPLIT},
            {"dividends": ()},
            {"dividends": (replace(BARS.dividends[0], per_share=2),)},
            {"dividends": (replace(BARS.dividends[0], pay_date=date(2020, 2, 1)),)},
            {"dividends": (replace(BARS.dividends[0], ex_date=date(2020, 1, 6)),)},
            {"splits": ()},
            {"splits": (replace(BARS.splits[0], numerator=3),)},
            {"splits": (replace(BARS.splits[0], denominator=3),)},
            {"splits": (replace(BARS.splits[0], ex_date=date(2020, 1, 6)),)},
        ],
        ids=lambda changes: "-".join(changes),
    )
    def test_changes_with_heading_and_actions(self, changes: dict[str, Any]) -> None:
        assert content_digest(replace(self.BARS, **changes)) != content_digest(self.BARS)
