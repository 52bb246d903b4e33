"""What becomes of an order that is sent to Alpaca, whatever the wire does to it."""

import json
import logging
import socket
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_submission import legal_limit
from app.domain.brokerage import (
    Accepted,
    AlreadyThere,
    Rejected,
    Submission,
    Throttled,
    Uncertain,
    Unsent,
)
from app.domain.decision import Side
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
from tests.integration.broker.orders import BROKER_ID, KO, ORDER_ID, always, order, our_order

ORDERS = "/v2/orders"
WHOLE = json.dumps(order()).encode()
ECHO = f"no {CANARY.secret} {CANARY.key_id} " + "x" * 500


def submitted(brokerage: AlpacaBrokerage, server: AlpacaServer, reply: Reply) -> Submission:
    """Return what became of one order, which was sent exactly once."""
    server.answer(ORDERS, reply)
    became = brokerage.submit(order=our_order(), symbol=KO, extended=False, in_time=always)
    assert [(r.method, r.path) for r in server.requests] == [("POST", ORDERS)]
    return became


class TestOrder:
    def test_is_a_limit_for_the_day_in_decimal_text(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        submitted(brokerage, server, json_reply(order()))
        sent = server.requests[0]
        assert json.loads(sent.body) == {
            "symbol": "KO",
            "side": "buy",
            "type": "limit",
            "time_in_force": "day",
            "qty": "1.5",
            "limit_price": "86.87",
            "extended_hours": False,
            "client_order_id": ORDER_ID,
        }
        assert sent.headers["apca-api-key-id"] == CANARY.key_id.lower()

    def test_says_when_it_may_fill_outside_of_regular_hours(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        server.answer(ORDERS, json_reply(order()))
        brokerage.submit(order=our_order(), symbol=KO, extended=True, in_time=always)
        assert json.loads(server.requests[0].body)["extended_hours"] is True

    @pytest.mark.parametrize(
        ("side", "worst", "limit"),
        [
            (Side.BUY, 868_799, 868_700),
            (Side.SELL, 868_701, 868_800),
            (Side.SELL, 868_700, 868_700),
            (Side.BUY, 10_099, 10_000),
            (Side.BUY, 9_999, 9_999),
            (Side.SELL, 9_999, 9_999),
            (Side.SELL, 10_001, 10_100),
        ],
    )
    def test_has_a_legal_limit(self, side: Side, worst: int, limit: int) -> None:
        assert legal_limit(side=side, worst_price=worst) == limit

    @given(side=st.sampled_from(Side), worst=st.integers(1, 10**9))
    def test_is_never_worse_than_its_worst_price(self, side: Side, worst: int) -> None:
        limit = legal_limit(side=side, worst_price=worst)
        assert limit <= worst if side is Side.BUY else limit >= worst
        assert abs(limit - worst) < 100
        assert limit < 10_000 or Decimal(limit) % 100 == 0


class TestSubmission:
    @pytest.mark.parametrize("status", [200, 201])
    def test_is_accepted(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, status: int
    ) -> None:
        became = submitted(brokerage, server, json_reply(order(), status=status))
        assert became == Accepted(broker_order_id=BROKER_ID)

    def test_is_there_already(self, brokerage: AlpacaBrokerage, server: AlpacaServer) -> None:
        reply = refusal("client_order_id must be unique", status=422)
        assert submitted(brokerage, server, reply) == AlreadyThere()

    @pytest.mark.parametrize(
        ("status", "message"),
        [
            (400, "qty must be > 0"),
            (403, "insufficient buying power"),
            (403, 'asset "OCGN" is not fractionable'),
            (403, "account is not allowed to short"),
            (422, "limit orders require a limit price"),
            (422, "client_order_id must be no more than 128 characters"),
        ],
    )
    def test_is_refused(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, status: int, message: str
    ) -> None:
        became = submitted(brokerage, server, refusal(message, status=status))
        assert became == Rejected(message=message, account_trouble=False)

    @pytest.mark.parametrize(
        "reply",
        [
            HTML_401,
            json_reply({"message": "unauthorized."}, status=401),
            json_reply({"message": "forbidden."}, status=403),
            refusal("new orders are rejected by user request", status=403),
            refusal("account is blocked", status=403),
            refusal("trading is blocked for this account", status=403),
        ],
    )
    def test_shows_trouble_with_the_account(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, reply: Reply
    ) -> None:
        became = submitted(brokerage, server, reply)
        assert isinstance(became, Rejected)
        assert became.account_trouble

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ({}, 5),
            ({"Retry-After": "7"}, 7),
            ({"Retry-After": "0"}, 1),
            ({"Retry-After": "999999"}, 120),
            ({"Retry-After": "soon"}, 5),
        ],
    )
    def test_is_held_back(
        self,
        brokerage: AlpacaBrokerage,
        server: AlpacaServer,
        header: dict[str, str],
        seconds: int,
    ) -> None:
        became = submitted(brokerage, server, Reply(status=429, body=b"slow", headers=header))
        assert isinstance(became, Throttled)
        assert became.retry_after_seconds == seconds

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(status=500),
            Reply(status=503, body=b"<html>"),
            Reply(status=504, body=b"upstream request timeout"),
            HTML_404,
            NOT_FOUND,
            Reply(status=307, headers={"Location": "/v2/elsewhere"}),
            Reply(status=204, body=b""),
            Reply(status=403, body=b"<html>a proxy</html>"),
            Reply(status=422, body=b'{"message":"client_order_id must be uni'),
            Reply(body=WHOLE[:40]),
            Reply(body=b"[]"),
            Reply(body=b"[" * 100_000),
            json_reply(order(client_order_id="another")),
            json_reply(order(id=None)),
            Reply(body=WHOLE, delay_seconds=5),
            *(Reply(body=WHOLE, ending=e) for e in Ending if e is not Ending.WHOLE),
        ],
    )
    def test_is_uncertain(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer, reply: Reply
    ) -> None:
        assert isinstance(submitted(brokerage, server, reply), Uncertain)

    def test_does_not_leave_when_it_is_too_late_once_the_connection_is_there(
        self, brokerage: AlpacaBrokerage, server: AlpacaServer
    ) -> None:
        server.answer(ORDERS, json_reply(order()))
        became = brokerage.submit(
            order=our_order(), symbol=KO, extended=False, in_time=lambda: False
        )
        assert isinstance(became, Unsent)
        assert server.requests == []
        became = brokerage.submit(order=our_order(), symbol=KO, extended=False, in_time=always)
        assert became == Accepted(broker_order_id=BROKER_ID)

    def test_is_uncertain_without_a_connection(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        nobody = AlpacaBrokerage(
            base_url=f"http://127.0.0.1:{port}",
            credentials=CANARY,
            timeout_seconds=1,
            now=lambda: NOW,
        )
        became = nobody.submit(order=our_order(), symbol=KO, extended=False, in_time=always)
        assert became == Uncertain(
            message="Alpaca was sent the order: no connection could be made."
        )
        nobody.close()

    @pytest.mark.parametrize("status", [400, 401, 403, 422, 429])
    def test_quotes_the_broker_shortly_and_without_the_keys(
        self,
        brokerage: AlpacaBrokerage,
        server: AlpacaServer,
        caplog: pytest.LogCaptureFixture,
        status: int,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        became = submitted(brokerage, server, refusal(ECHO[:190], status=status))
        assert isinstance(became, Rejected | Throttled)
        assert len(became.message) <= 200
        for shown in (became.message, repr(brokerage), caplog.text):
            assert CANARY.secret not in shown
            assert CANARY.key_id not in shown
