"""The state of a position and the circumstances of a decision hold together."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from app.domain.decision import Rule, Trim
from app.domain.opening import split_value
from tests.builders import NOW, SESSION, a_day, a_position, an_observation, ppm, shares, ticks, usd

EASTERN = NOW.astimezone(timezone(timedelta(hours=-4)))
NAIVE = datetime(2024, 6, 11, 14, 30)  # noqa: DTZ001


class TestAPosition:
    def test_is_worth_its_shares_cash_and_receivable(self) -> None:
        value = a_position(receivable=usd("20")).value_at(ticks("61.8"))
        assert value == 12_200 * 10**10

    def test_shows_the_stock_share_half_up(self) -> None:
        thirds = a_position(shares=shares("2"), cash=usd("1"))
        assert thirds.stock_share_at(ticks("1")) == ppm("0.666667")
        assert a_position(shares=0, cash=0).stock_share_at(ticks("1")) is None

    def test_counts_the_orders_of_one_date(self) -> None:
        position = a_position(orders_today=3, orders_on=SESSION)
        assert position.orders_on_date(SESSION) == 3
        assert position.orders_on_date(SESSION + timedelta(days=1)) == 0

    @pytest.mark.parametrize(
        "change",
        [{"shares": -1}, {"cash": -1}, {"receivable": -1}, {"anchor": 0}, {"orders_today": -1}],
        ids=str,
    )
    def test_never_holds_less_than_nothing(self, change: dict[str, Any]) -> None:
        with pytest.raises(AssertionError):
            a_position(**change)


class TestMoments:
    @pytest.mark.parametrize("moment", [EASTERN, NAIVE], ids=["eastern", "naive"])
    def test_are_in_utc(self, moment: datetime) -> None:
        with pytest.raises(AssertionError):
            an_observation(observed_at=moment)
        with pytest.raises(AssertionError):
            an_observation(received_at=moment)
        with pytest.raises(AssertionError):
            a_day(now=moment)


class TestATrim:
    @pytest.mark.parametrize("after", [5, 6, -1])
    def test_reduces(self, after: int) -> None:
        with pytest.raises(AssertionError):
            Trim(rule=Rule.CASH, before=5, after=after)


class TestAnOpeningBalance:
    def test_splits_a_value_without_losing_any(self) -> None:
        # Half of 10,000 at 61.37 are 81.4730...; 81.473 cost 4999.99801.
        cash, held = split_value(
            value=usd("10000"), fraction=ppm("0.5"), price=ticks("61.37"), lot=shares("0.0001")
        )
        assert held == shares("81.473")
        assert cash == usd("5000.00199")

    @pytest.mark.parametrize(
        ("fraction", "opening"),
        [("0", (usd("10000"), 0)), ("1", (0, shares("200")))],
    )
    def test_may_be_all_cash_or_all_stock(self, fraction: str, opening: tuple[int, int]) -> None:
        assert opening == split_value(
            value=usd("10000"), fraction=ppm(fraction), price=ticks("50"), lot=100
        )
