"""What is read from Alpaca, and that nothing is concluded from an answer that cannot be read."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.domain.brokerage import BrokerCash, BrokerCashKind, BrokerOrderState
from app.domain.errors import BrokerError
from app.domain.observation import MarketPhase
from tests.integration.broker.alpaca_server import (
    CANARY,
    HTML_401,
    HTML_404,
    NOT_FOUND,
    NOW,
    AlpacaServer,
    Ending,
    Reply,
    json_reply,
    refusal,
)
from tests.integration.broker.orders import (
    BROKER_ID,
    KO,
    ORDER_ID,
    cash,
    fill,
    numbered_order,
    order,
)

ACCOUNT, CLOCK, ORDERS = "/v2/account", "/v2/clock", "/v2/orders"
BY_CLIENT_ID, ONE = "/v2/orders:by_client_order_id", f"/v2/orders/{BROKER_ID}"
FILLS, ACTIVITIES = "/v2/account/activities/FILL", "/v2/account/activities"
POSITION, ASSET = f"/v2/positions/{KO}", f"/v2/assets/{KO}"
SINCE = datetime(2026, 10, 8, 15, 10, tzinfo=UTC)

READS: dict[str, Callable[[AlpacaBrokerage], object]] = {
    ACCOUNT: lambda broker: broker.account(),
    CLOCK: lambda broker: broker.clock(),
    BY_CLIENT_ID: lambda broker: broker.find(order_id=ORDER_ID),
    ONE: lambda broker: broker.order(broker_order_id=BROKER_ID),
    ORDERS: lambda broker: (broker.live_orders(), broker.orders_since(at=SINCE)),
    FILLS: lambda broker: broker.fills(since=SINCE),
    ACTIVITIES: lambda broker: broker.cash_movements(since=SINCE),
    POSITION: lambda broker: broker.shares(symbol=KO),
    ASSET: lambda broker: broker.smallest_lot(symbol=KO, phase=MarketPhase.REGULAR),
}


def account(**changed: object) -> dict[str, object]:
    blocks = ("account_blocked", "trading_blocked", "trade_suspended_by_user")
    named = {"account_number": "PA1", "id": "uuid", "currency": "USD", "status": "ACTIVE"}
    return {**named, "cash": "100005.83", **dict.fromkeys(blocks, False), **changed}


def asset(**changed: object) -> dict[str, object]:
    kind = {"symbol": KO, "class": "us_equity", "status": "active"}
    return {**kind, "tradable": True, "fractionable": True, "attributes": [], **changed}


class TestReading:
    @pytest.mark.parametrize("path", READS)
    @pytest.mark.parametrize(
        "reply",
        [
            HTML_401,
            HTML_404,
            json_reply({"message": "Not Found"}, status=404),
            refusal("too many requests", status=429),
            Reply(status=504),
            Reply(status=302, headers={"Location": "/v2/clock"}),
            Reply(body=b'{"id": "tru'),
            Reply(body=b"12"),
            json_reply([1]),
            json_reply({"secret": CANARY.secret, "status": CANARY.secret}),
            Reply(body=b"[" * 3000 + b"]" * 3000, ending=Ending.RESET),
            Reply(ending=Ending.SILENT),
        ],
    )
    def test_raises_for_what_it_cannot_rely_on(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, path: str, reply: Reply
    ) -> None:
        server.answer(path, reply)
        with pytest.raises(BrokerError) as raised:
            READS[path](brokerage)
        assert len(server.requests) == 1
        assert CANARY.secret not in str(raised.value)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        path=st.sampled_from(sorted(READS)),
        field=st.sampled_from(sorted(order() | fill() | cash() | account() | asset())),
        value=st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    )
    def test_gives_a_value_or_raises_whatever_one_field_holds(
        self,
        brokerage: AlpacaBrokerage,
        server: AlpacaServer,
        path: str,
        field: str,
        value: object,
    ) -> None:
        whole = order() | fill() | account() | asset() | cash(id=BROKER_ID) | {field: value}
        is_list = path in {ORDERS, FILLS, ACTIVITIES}
        server.answer(path, json_reply([whole] if is_list else whole))
        said = ""
        try:
            READS[path](brokerage)
        except BrokerError as error:
            said = str(error)
        assert len(said) < 500


class TestOrders:
    @pytest.mark.parametrize("path", [BY_CLIENT_ID, ONE])
    def test_are_none_when_alpaca_itself_says_so(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, path: str
    ) -> None:
        server.answer(path, NOT_FOUND)
        assert READS[path](brokerage) is None

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            *((s, BrokerOrderState.LIVE) for s in ("new", "pending_cancel", "done_for_day")),
            ("filled", BrokerOrderState.FILLED),
            ("canceled", BrokerOrderState.CANCELED),
            ("replaced", BrokerOrderState.CANCELED),
            ("expired", BrokerOrderState.EXPIRED),
            ("rejected", BrokerOrderState.REJECTED),
        ],
    )
    def test_are_found_by_our_id(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, status: str, state: BrokerOrderState
    ) -> None:
        server.answer(BY_CLIENT_ID, json_reply(order(status=status, filled_qty="0.25")))
        found = brokerage.find(order_id=ORDER_ID)
        assert found is not None
        assert (found.state, found.quantity, found.filled) == (state, 1_500_000, 250_000)
        assert server.requests[0].parameters == {"client_order_id": ORDER_ID}

    @pytest.mark.parametrize(
        "changed", [{"client_order_id": "another"}, {"status": "odd"}, {"qty": "-0.0000001"}]
    )
    def test_are_refused_when_they_make_no_sense(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, changed: dict[str, object]
    ) -> None:
        server.answer(BY_CLIENT_ID, json_reply(order(**changed)))
        with pytest.raises(BrokerError):
            brokerage.find(order_id=ORDER_ID)

    def test_are_read_page_by_page_also_where_many_share_a_moment(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        first = [numbered_order(n, second=min(n, 490)) for n in range(500)]
        last = [numbered_order(n, second=490) for n in range(490, 510)]
        server.answer(ORDERS, json_reply(first), json_reply(last))
        found = brokerage.orders_since(at=SINCE)
        assert [o.broker_order_id for o in found] == [f"broker-{n}" for n in range(510)]
        asked = [r.parameters for r in server.requests]
        assert asked[0]["after"] == "2026-10-08T15:09:59.999999Z"
        assert asked[1]["after"] == "2026-10-08T15:08:09.999999Z"
        assert {(a["status"], a["limit"], a["direction"]) for a in asked} == {("all", "500", "asc")}

    def test_are_an_error_when_the_pages_do_not_go_on(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        server.answer(ORDERS, json_reply([numbered_order(n, second=1) for n in range(500)]))
        with pytest.raises(BrokerError, match="does not come to an end"):
            brokerage.live_orders()

    def test_are_live_only_while_they_can_fill(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        by_another_hand = order(qty="0.1234567", filled_qty="0.000000001")
        server.answer(ORDERS, json_reply([by_another_hand, order(id="ended", status="filled")]))
        (live,) = brokerage.live_orders()
        assert (live.broker_order_id, live.quantity, live.filled) == (BROKER_ID, 123_456, 0)

    @pytest.mark.parametrize(
        "reply", [Reply(status=204, body=b""), NOT_FOUND, refusal("not cancelable", status=422)]
    )
    def test_may_be_canceled_also_after_their_end(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, reply: Reply
    ) -> None:
        server.answer(ONE, reply)
        brokerage.cancel(broker_order_id=BROKER_ID)
        assert [(r.method, r.path) for r in server.requests] == [("DELETE", ONE)]

    @pytest.mark.parametrize("reply", [HTML_404, Reply(status=500), Reply(ending=Ending.SILENT)])
    def test_are_not_known_to_be_canceled_without_an_answer(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, reply: Reply
    ) -> None:
        server.answer(ONE, reply)
        with pytest.raises(BrokerError):
            brokerage.cancel(broker_order_id=BROKER_ID)

    def test_are_never_canceled_all_at_once(self, brokerage: AlpacaBrokerage) -> None:
        with pytest.raises(AssertionError):
            brokerage.cancel(broker_order_id="")


class TestFills:
    def test_are_each_there_once_by_the_time_of_the_trade(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        late = fill(id="1::late", transaction_time="2026-10-08T15:20:00.000001Z")
        early, old = fill(id="9::early"), fill(transaction_time="2026-10-08T15:09:59.999999Z")
        server.answer(FILLS, json_reply([late, early]), json_reply([early, old]), json_reply([]))
        found = brokerage.fills(since=SINCE)
        assert [f.fill_id for f in found] == ["9::early", "1::late"]
        assert found[0].at == datetime(2026, 10, 8, 15, 10, 18, 97465, tzinfo=UTC)
        tokens = [r.parameters.get("page_token") for r in server.requests]
        assert tokens == [None, "9::early", old["id"]]
        assert server.requests[0].parameters["after"] == "2026-10-08T15:09:59.000000Z"

    @pytest.mark.parametrize(
        ("side", "price", "ticks"),
        [
            ("buy", "86.87801", 868_781),
            ("sell", "86.87809", 868_780),
            ("sell_short", "86.878", 868_780),
        ],
    )
    def test_are_rounded_against_us(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, side: str, price: str, ticks: int
    ) -> None:
        server.answer(FILLS, json_reply([fill(side=side, price=price)]))
        assert [f.price for f in brokerage.fills(since=SINCE)] == [ticks]

    def test_by_other_hands_are_cut_to_share_units_and_never_to_none(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        fine = [fill(id=qty, qty=qty) for qty in ("0.057436865", "0.000000009")]
        server.answer(FILLS, json_reply(fine))
        assert [f.quantity for f in brokerage.fills(since=SINCE)] == [57_436, 1]

    def test_are_taken_back(self, brokerage: AlpacaBrokerage, server: AlpacaServer) -> None:
        bust = fill(id="bust", type="trade_bust", previous_id="20261008111018097::fc1f73e1")
        server.answer(FILLS, json_reply([fill(), bust]))
        busts = [f.busts for f in brokerage.fills(since=SINCE)]
        assert busts == [None, "20261008111018097::fc1f73e1"]

    @pytest.mark.parametrize(
        "changed",
        [
            {"qty": "0"},
            {"qty": "-0.000000001"},
            {"qty": 1.5e300},
            {"price": "0"},
            {"price": "-1"},
            {"type": "trade_correct"},
            {"type": "trade_bust"},
            {"side": "both"},
            {"transaction_time": "2026-10-08T15:10:18"},
        ],
    )
    def test_are_refused_when_they_make_no_sense(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, changed: dict[str, object]
    ) -> None:
        server.answer(FILLS, json_reply([fill(**changed)]))
        with pytest.raises(BrokerError):
            brokerage.fills(since=SINCE)

    def test_are_refused_when_one_id_says_two_things(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        server.answer(FILLS, json_reply([fill(), fill(qty="2")]))
        with pytest.raises(BrokerError, match="two different contents"):
            brokerage.fills(since=SINCE)


class TestCashMovements:
    def test_are_dividends_taxes_and_fees(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        tax = cash(id="tax", activity_type="DIVNRA", net_amount="-0.1500001")
        fee = cash(id="fee", activity_type="FEE", symbol=None, net_amount="-0.01")
        undone = cash(id="undone", status="canceled")
        old = cash(id="old", date="2026-10-07")
        server.answer(ACTIVITIES, json_reply([old, fee, tax, cash(), undone]))
        on = date(2026, 10, 8)
        assert brokerage.cash_movements(since=SINCE) == (
            BrokerCash(id="fee", kind=BrokerCashKind.FEE, symbol=None, amount=-10_000, on=on),
            BrokerCash(id="tax", kind=BrokerCashKind.TAX, symbol=KO, amount=-150_001, on=on),
            BrokerCash(
                id="20261008000000000::dividend",
                kind=BrokerCashKind.DIVIDEND,
                symbol=KO,
                amount=1_020_000,
                on=on,
            ),
        )


class TestAccount:
    def test_has_cash_and_a_number(self, brokerage: AlpacaBrokerage, server: AlpacaServer) -> None:
        server.answer(ACCOUNT, json_reply(account()))
        found = brokerage.account()
        assert (found.id, found.cash, found.blocked) == ("PA1", 100_005_830_000, None)

    @pytest.mark.parametrize(
        "changed",
        [
            {"status": "ACCOUNT_CLOSED"},
            {"account_blocked": True},
            {"trading_blocked": True},
            {"trade_suspended_by_user": True},
        ],
    )
    def test_says_why_it_may_not_trade(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, changed: dict[str, object]
    ) -> None:
        server.answer(ACCOUNT, json_reply(account(**changed)))
        assert str(brokerage.account().blocked).startswith("No order can be sent: ")

    def test_holds_nothing(self, brokerage: AlpacaBrokerage, server: AlpacaServer) -> None:
        server.answer(POSITION, refusal("position does not exist", status=404, code=40_410_000))
        assert brokerage.shares(symbol=KO) == 0

    def test_holds_shares(self, brokerage: AlpacaBrokerage, server: AlpacaServer) -> None:
        server.answer(POSITION, json_reply({"symbol": KO, "qty": "1.557436999"}))
        assert brokerage.shares(symbol=KO) == 1_557_436


class TestClock:
    def test_is_in_utc(self, brokerage: AlpacaBrokerage, server: AlpacaServer) -> None:
        server.answer(
            CLOCK,
            json_reply(
                {
                    "timestamp": "2022-05-16T16:32:24.14373588-04:00",
                    "is_open": False,
                    "next_open": "2022-05-17T09:30:00-04:00",
                    "next_close": "2022-05-17T16:00:00-04:00",
                }
            ),
        )
        clock = brokerage.clock()
        assert clock.at == datetime(2022, 5, 16, 20, 32, 24, 143735, tzinfo=UTC)
        assert clock.next_close == datetime(2022, 5, 17, 20, tzinfo=UTC)


class TestSmallestLot:
    @pytest.mark.parametrize(
        ("changed", "regular", "extended"),
        [
            ({}, 1, 1_000_000),
            ({"attributes": ["fractional_eh_enabled"]}, 1, 1),
            ({"fractionable": False, "attributes": ["fractional_eh_enabled"]}, 10**6, 10**6),
        ],
    )
    def test_follows_asset_and_session(
        self,
        brokerage: AlpacaBrokerage,
        server: AlpacaServer,
        changed: dict[str, object],
        regular: int,
        extended: int,
    ) -> None:
        server.answer(ASSET, json_reply(asset(**changed)))
        assert brokerage.smallest_lot(symbol=KO, phase=MarketPhase.REGULAR) == regular
        assert brokerage.smallest_lot(symbol=KO, phase=MarketPhase.EXTENDED) == extended
        assert len(server.requests) == 1

    def test_is_asked_again_after_a_day(self, server: AlpacaServer) -> None:
        times = iter((NOW, NOW + timedelta(days=1)))
        broker = AlpacaBrokerage(
            base_url=server.base_url,
            credentials=CANARY,
            timeout_seconds=1,
            now=lambda: next(times),
        )
        server.answer(ASSET, json_reply(asset()))
        for _ in range(2):
            broker.smallest_lot(symbol=KO, phase=MarketPhase.REGULAR)
        assert len(server.requests) == 2
        broker.close()

    @pytest.mark.parametrize(
        "reply",
        [
            json_reply(asset(tradable=False)),
            json_reply(asset(status="inactive")),
            json_reply(asset(**{"class": "crypto"})),
            refusal("symbol not found: KO", status=404, code=40_410_000),
        ],
    )
    def test_is_refused_for_what_is_not_traded(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, reply: Reply
    ) -> None:
        server.answer(ASSET, reply)
        with pytest.raises(BrokerError, match="does not trade KO"):
            brokerage.smallest_lot(symbol=KO, phase=MarketPhase.REGULAR)
