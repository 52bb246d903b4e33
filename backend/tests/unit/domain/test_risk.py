"""The last look at an order: each check at its boundary, and nothing else stops it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.decision import Side
from app.domain.position import Broker, Status
from app.domain.risk import (
    AGE_MAX,
    NOTIONAL_MAX,
    ORDERS_A_MINUTE,
    SENTENCES,
    SHARES_MAX,
    Leaving,
    RiskCheck,
    risk_of,
)
from tests.builders import NOW, a_position, shares, ticks, usd

PRICE = ticks("60")
INSTANT = timedelta(microseconds=1)


def leaving(**changes: Any) -> Leaving:
    """Return a buy of 10 shares at 60.12 with real money that may just leave."""
    order = Leaving(
        side=Side.BUY,
        quantity=shares("10"),
        limit=ticks("60.12"),
        position=a_position(broker=Broker.ALPACA_LIVE, cash=usd("601.2"), shares=shares("10")),
        account_id="1",
        pinned_account_id="1",
        armed=True,
        halted=False,
        clocks_agree=True,
        session_open=True,
        now=NOW,
        last=PRICE,
        observed_at=NOW - AGE_MAX,
        from_broker=True,
        collar=2_000,
        daily_max=5,
        orders_today=5,
        orders_last_minute=ORDERS_A_MINUTE,
        other_live=0,
    )
    return replace(order, **changes)


def rich(**changes: Any) -> dict[str, Any]:
    """Return a change to a position that affords everything."""
    position = a_position(broker=Broker.ALPACA_LIVE, cash=usd("100000000"), shares=SHARES_MAX * 2)
    return {"position": position} | changes


FAILING = [
    (RiskCheck.ACCOUNT, {"account_id": "2"}),
    (RiskCheck.ACCOUNT, {"account_id": None}),
    (RiskCheck.ARMED, {"armed": False}),
    (RiskCheck.HALTED, {"halted": True}),
    (RiskCheck.NOT_RUNNING, {"position": a_position(status=Status.PAUSED, cash=usd("602"))}),
    (RiskCheck.CLOCK, {"clocks_agree": False}),
    (RiskCheck.SESSION, {"session_open": False}),
    (RiskCheck.QUOTE_AGE, {"observed_at": NOW - AGE_MAX - INSTANT}),
    (RiskCheck.QUOTE_SOURCE, {"from_broker": False}),
    (RiskCheck.COLLAR, {"limit": ticks("60.1202")}),
    (RiskCheck.COLLAR, {"limit": ticks("59.8798")}),
    (RiskCheck.QUANTITY, {"quantity": 0}),
    (RiskCheck.QUANTITY, {"quantity": SHARES_MAX + 1}),
    (RiskCheck.NOTIONAL, rich(quantity=NOTIONAL_MAX // ticks("60.12") + 1)),
    (RiskCheck.ORDERS_A_DAY, {"orders_today": 6}),
    (RiskCheck.ORDERS_A_MINUTE, {"orders_last_minute": ORDERS_A_MINUTE + 1}),
    (RiskCheck.ANOTHER_ORDER, {"other_live": 1}),
    (RiskCheck.CASH, {"quantity": shares("10.000001")}),
    (RiskCheck.SHARES, {"side": Side.SELL, "quantity": shares("10.000001")}),
]


class TestTheLastLook:
    def test_lets_an_order_leave_that_is_at_every_boundary(self) -> None:
        assert risk_of(leaving()) is None
        assert risk_of(leaving(side=Side.SELL, limit=ticks("59.88"))) is None
        assert risk_of(leaving(**rich(quantity=NOTIONAL_MAX // ticks("60.12")))) is None

    @pytest.mark.parametrize(("check", "changes"), FAILING)
    def test_stops_one_that_is_a_step_beyond(
        self, check: RiskCheck, changes: dict[str, Any]
    ) -> None:
        assert risk_of(leaving(**changes)) is check

    def test_asks_neither_arming_nor_its_own_quote_on_paper(self) -> None:
        position = a_position(broker=Broker.ALPACA_PAPER, cash=usd("602"))
        assert risk_of(leaving(position=position, armed=False, from_broker=False)) is None

    def test_is_tried_here_for_every_check_and_has_a_sentence_for_each(self) -> None:
        assert {check for check, _ in FAILING} == set(RiskCheck) == set(SENTENCES)
