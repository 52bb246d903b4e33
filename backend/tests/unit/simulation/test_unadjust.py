"""Un-adjusting: what was divided by a split comes back, exactly where that can be told."""

from array import array
from dataclasses import replace
from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.domain.corporate_action import Dividend, Split
from app.simulation.bars import Adjustment, Bars
from app.simulation.unadjust import unadjusted
from tests.price_files import daily_bars, flat, weekdays

COUNT = 6
DATES = weekdays(date(2020, 1, 6), COUNT)
HALF = Fraction(1, 2)
RATIOS = st.tuples(st.integers(1, 30), st.integers(1, 30))


def half_up(number: Fraction) -> int:
    return int((number + HALF) // 1)


def ratio_after(session: date, splits: tuple[Split, ...]) -> Fraction:
    ratio = Fraction(1)
    for split in splits:
        if split.ex_date > session:
            ratio *= Fraction(split.numerator, split.denominator)
    return ratio


def adjusted(raw: Bars, splits: tuple[Split, ...]) -> Bars:
    """Return raw bars as a provider divides them, rounded half up to ticks and micros."""
    ratios = [ratio_after(raw.session(i), splits) for i in range(len(raw))]

    def divided(column: array[int]) -> array[int]:
        return array("q", (max(1, half_up(p / r)) for p, r in zip(column, ratios, strict=True)))

    return replace(
        raw,
        adjustment=Adjustment.SPLIT,
        opens=divided(raw.opens),
        highs=divided(raw.highs),
        lows=divided(raw.lows),
        closes=divided(raw.closes),
        volumes=array("q", (half_up(v * r) for v, r in zip(raw.volumes, ratios, strict=True))),
        dividends=tuple(
            replace(d, per_share=max(1, half_up(d.per_share / ratio_after(d.ex_date, splits))))
            for d in raw.dividends
        ),
    )


@st.composite
def drawn(draw: st.DrawFn) -> tuple[Bars, tuple[Split, ...]]:
    cents = draw(st.lists(st.integers(100, 100_000), min_size=COUNT, max_size=COUNT))
    paid = draw(st.integers(1, 100_000))
    ratios = draw(st.lists(RATIOS, max_size=2))
    days = draw(st.permutations(DATES))
    splits = tuple(
        Split(ex_date=day, numerator=new, denominator=old)
        for day, (new, old) in zip(days, ratios, strict=False)
    )
    dividend = Dividend(ex_date=draw(st.sampled_from(DATES)), per_share=100 * paid, pay_date=None)
    rows = [flat(f"{price // 100}.{price % 100:02d}") for price in cents]
    return daily_bars(rows, splits=splits, dividends=[dividend]), splits


class TestUnadjusting:
    @given(drawn())
    def test_keeps_the_value_of_a_holding_over_a_split(
        self, case: tuple[Bars, tuple[Split, ...]]
    ) -> None:
        raw, splits = case
        given_bars = adjusted(raw, splits)
        back = unadjusted(given_bars, divided_by=splits, splits=splits)
        for index, price in enumerate(back.closes):
            ratio = ratio_after(raw.session(index), splits)
            # One share then is `ratio` shares now: equal within half a tick as traded, and half
            # an adjusted tick for each of the shares that it became.
            assert abs(price - given_bars.closes[index] * ratio) <= max(HALF, ratio * HALF)

    @given(drawn())
    def test_brings_back_the_cents_that_were_traded(
        self, case: tuple[Bars, tuple[Split, ...]]
    ) -> None:
        raw, splits = case
        back = unadjusted(adjusted(raw, splits), divided_by=splits, splits=splits)
        for index, price in enumerate(back.closes):
            if ratio_after(raw.session(index), splits) < 100:
                assert price == raw.closes[index]
        for was, now in zip(raw.dividends, back.dividends, strict=True):
            if ratio_after(was.ex_date, splits) < 100:
                assert now == was

    def test_leaves_prices_after_the_last_split_alone(self) -> None:
        raw = daily_bars([flat("10.1234")] * COUNT)
        splits = (Split(ex_date=DATES[3], numerator=2, denominator=1),)
        back = unadjusted(adjusted(raw, splits), divided_by=splits, splits=splits)
        assert list(back.closes[3:]) == [101_234] * 3
        assert back.adjustment is Adjustment.RAW

    def test_undoes_splits_that_come_after_the_last_bar(self) -> None:
        raw = daily_bars([flat("499.23")] * COUNT)
        later = (Split(ex_date=date(2021, 8, 31), numerator=4, denominator=1),)
        given_bars = adjusted(raw, later)
        assert list(given_bars.closes) == [1_248_075] * COUNT
        assert unadjusted(given_bars, divided_by=later, splits=later).closes == raw.closes

    def test_divides_volumes(self) -> None:
        raw = daily_bars([flat("10")] * COUNT)
        splits = (Split(ex_date=DATES[3], numerator=7, denominator=1),)
        given_bars = adjusted(raw, splits)
        assert list(given_bars.volumes) == [700] * 3 + [100] * 3
        assert unadjusted(given_bars, divided_by=splits, splits=splits).volumes == raw.volumes

    def test_of_a_spin_off_leaves_dividends_rather_too_small(self) -> None:
        dividend = Dividend(ex_date=DATES[0], per_share=520_000, pay_date=None)
        bars = daily_bars([flat("18.2326")] * COUNT, dividends=[dividend])
        spin_off = Split(ex_date=DATES[3], numerator=331, denominator=250)
        back = unadjusted(
            replace(bars, adjustment=Adjustment.SPLIT), divided_by=[spin_off], splits=[]
        )
        assert back.closes[0] == 241_400  # 24.14, as AT&T closed before its spin-off
        assert back.dividends == (dividend,)
