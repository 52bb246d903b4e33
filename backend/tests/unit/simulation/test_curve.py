"""On which points the statistics are taken."""

from app.simulation.curve import closing_bars, curve_of
from app.simulation.replay import replay
from tests.unit.simulation.runs import daily, hourly, request, run, unheard, weekday


class TestCurveOf:
    def test_begins_before_the_first_trade(self) -> None:
        # 10,000 + 100 × 100; the trade of the first bar costs a commission after it
        opening = {"cash": "10000", "shares": "100", "anchor_price": "97"}
        bars = daily("100", "101")
        curve = curve_of(run=run(bars, opening=opening), bars=bars)
        assert [point.date for point in curve] == [weekday(0), weekday(1)]
        assert curve[0].equity == 20_000 * 10**10
        assert curve[0].stock == 10_000 * 10**10
        assert curve[1].position.shares < curve[0].position.shares

    def test_has_the_last_regular_bar_of_each_session(self) -> None:
        bars = hourly((0, 10, "100"), (0, 15, "101"), (0, 16, "102"), (1, 15, "99"), (2, 16, "98"))
        assert closing_bars(run=run(bars), bars=bars) == (1, 3)

    def test_has_the_first_close_only_if_it_is_later_than_the_opening(self) -> None:
        bars = hourly((0, 15, "100"), (1, 10, "101"), (1, 15, "102"))
        assert closing_bars(run=run(bars), bars=bars) == (2,)

    def test_may_be_a_single_point(self) -> None:
        bars = daily("100")
        done = replay(bars=bars, request=request(bars), source="dataset:x", on_progress=unheard)
        assert closing_bars(run=done, bars=bars) == ()
