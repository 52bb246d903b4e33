"""The simulated broker on the wire: recorded shapes, faults that do what they say, exact books."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.faults import Fault, Faults, Lag, StreamFault
from tests.fault.orders import End, Habits
from tests.integration.simulation.recorded import shared

HEADERS = {"APCA-API-KEY-ID": "a-key-id", "APCA-API-SECRET-KEY": "a-secret-key"}
AT_ONCE = Habits(fill_seconds=(0, 0), in_parts=0, better_price=0)
NEVER = Habits(fill_seconds=(3600, 3600))
RECORDED = "alpaca/recorded_paper_2026-10-08"


@pytest.fixture
def client(alpaca: AlpacaServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=alpaca.url, headers=HEADERS, timeout=2) as client:
        yield client


def world(
    alpaca: AlpacaServer, *, habits: Habits = AT_ONCE, faults: Faults | None = None
) -> Broker:
    broker = Broker(seed=7, habits=habits, faults=faults)
    broker.set_price("KO", last="59.52", bid="59.51", ask="59.53")
    alpaca.serve(broker)
    return broker


def order(name: str, *, side: str = "buy", qty: str = "1", limit: str = "60") -> dict[str, str]:
    return {
        "symbol": "KO",
        "side": side,
        "qty": qty,
        "type": "limit",
        "limit_price": limit,
        "time_in_force": "day",
        "client_order_id": name,
    }


def recorded(name: str) -> object:
    return json.loads(shared(f"{RECORDED}/{name}.json").read_bytes())


def shape(value: object) -> object:
    """Return keys and types; a number in a text is no other text, and None fits anything."""
    match value:
        case dict():
            return {key: shape(each) for key, each in value.items() if each is not None}
        case list():
            return [shape(value[0])] if value else []
        case _:
            return type(value).__name__


class TestShapes:
    def test_are_the_recorded_ones(self, alpaca: AlpacaServer, client: httpx.Client) -> None:
        world(alpaca)
        submit = client.post("/v2/orders", json=order("a")).json()
        read = client.get("/v2/orders:by_client_order_id?client_order_id=a").json()
        theirs = recorded("buy_whole")
        assert isinstance(theirs, dict)
        for ours, other in ((submit, theirs["submit"]), (read, theirs["polls"][-1])):
            assert ours.keys() == other.keys()
            assert shape({**ours, "limit_price": None}) == shape(other)
        for path, name in (
            ("/v2/account", "account_before"),
            ("/v2/account/activities/FILL?direction=asc", "fill_activities"),
            ("/v2/positions", "positions_held"),
        ):
            assert shape(client.get(path).json()) == shape(recorded(name)), path
        assets = recorded("assets")
        assert isinstance(assets, list)
        assert shape(client.get("/v2/assets/KO").json()) == shape(assets[0])

    @pytest.mark.parametrize("name", ["duplicate_client_order_id", "sell_above_held"])
    def test_of_refusals_are_the_recorded_ones(
        self, alpaca: AlpacaServer, client: httpx.Client, name: str
    ) -> None:
        broker = world(alpaca)
        broker.trade_by_hand("KO", side="buy", quantity="0.557436865", price="59.52")
        client.post("/v2/orders", json=order("a", limit="50"))
        sent = order("a") if name.startswith("dup") else order("b", side="sell", qty="1.057436865")
        answer = client.post("/v2/orders", json=sent)
        error = recorded(name)
        assert isinstance(error, dict)
        assert answer.status_code == error["error"]["status_code"]
        assert answer.json() == json.loads(error["error"]["body"])


class TestAnOrder:
    def test_fills_slowly_and_in_parts(self, alpaca: AlpacaServer, client: httpx.Client) -> None:
        habits = Habits(fill_seconds=(0.05, 0.05), part_seconds=(0.02, 0.02), in_parts=1)
        broker = world(alpaca, habits=habits)
        assert client.post("/v2/orders", json=order("a", qty="9")).json()["status"] == "pending_new"
        assert broker.orders["a"].is_live
        assert broker.live_history["KO"].count == 1
        while broker.live_orders:
            pass
        assert len(broker.fills) > 1
        assert client.get("/v2/positions/KO").json()["qty"] == "9"
        broker.prove()

    def test_ends_by_cancel_and_its_id_is_never_free_again(
        self, alpaca: AlpacaServer, client: httpx.Client
    ) -> None:
        broker = world(alpaca, habits=Habits(fill_seconds=(3600, 3600), cancel_seconds=(0, 0)))
        made = client.post("/v2/orders", json=order("a")).json()
        assert client.delete(f"/v2/orders/{made['id']}").status_code == 204
        assert client.get(f"/v2/orders/{made['id']}").json()["status"] == "canceled"
        assert client.delete(f"/v2/orders/{made['id']}").status_code == 422
        again = client.post("/v2/orders", json=order("a"))
        assert (again.status_code, again.json()["code"]) == (422, 40010001)
        assert (broker.posts["a"], broker.accepted["a"]) == (2, 1)

    @pytest.mark.parametrize("how", list(End))
    def test_ends_as_a_test_says(
        self, alpaca: AlpacaServer, client: httpx.Client, how: End
    ) -> None:
        broker = world(alpaca, habits=NEVER)
        made = client.post("/v2/orders", json=order("a")).json()
        broker.end("a", how)
        assert client.get(f"/v2/orders/{made['id']}").json()["status"] == how

    def test_beyond_the_buying_power_is_refused(
        self, alpaca: AlpacaServer, client: httpx.Client
    ) -> None:
        world(alpaca)
        answer = client.post("/v2/orders", json=order("a", qty="10000"))
        assert answer.status_code == 403
        assert answer.json() == {
            "buying_power": "400000.00",
            "code": 40310000,
            "cost_basis": "600000",
            "message": "insufficient buying power",
        }


class TestAFault:
    @pytest.mark.parametrize(
        ("kind", "status", "accepted"),
        [
            (Fault.DROP_BEFORE, None, 0),
            (Fault.DROP_AFTER, None, 1),
            (Fault.HELD_BACK, None, 0),
            (Fault.SLOW, None, 1),
            (Fault.ERROR_BEFORE, 5, 0),
            (Fault.ERROR_AFTER, 5, 1),
            (Fault.GATEWAY_TIMEOUT, 5, 1),
            (Fault.THROTTLED, 4, 0),
            (Fault.THROTTLED_BARE, 4, 0),
            (Fault.GARBAGE, 2, 1),
            (Fault.TRUNCATED, None, 1),
        ],
    )
    def test_does_what_it_says(
        self,
        alpaca: AlpacaServer,
        client: httpx.Client,
        kind: Fault,
        status: int | None,
        accepted: int,
    ) -> None:
        faults = Faults(slow_seconds=0.4, held_back_seconds=0.1)
        broker = world(alpaca, faults=faults)
        faults.force("POST", kind)
        if status is None:
            with pytest.raises(httpx.TransportError):
                client.post("/v2/orders", json=order("a"), timeout=0.2)
        else:
            answer = client.post("/v2/orders", json=order("a"))
            assert answer.status_code // 100 == status
            assert ("Retry-After" in answer.headers) == (kind is Fault.THROTTLED)
        assert (broker.posts["a"], broker.accepted["a"]) == (1, accepted)
        assert faults.counts == {f"POST {kind}": 1}
        if kind is Fault.HELD_BACK:
            while not broker.accepted["a"]:
                broker.advance()

    def test_of_lag_hides_orders_and_fills_until_calm(
        self, alpaca: AlpacaServer, client: httpx.Client
    ) -> None:
        lags = {Lag.ORDER: 1, Lag.CLIENT_ID: 1, Lag.ACTIVITY: 1}
        faults = Faults(lags=lags, lag_seconds=3600)
        world(alpaca, faults=faults)
        made = client.post("/v2/orders", json=order("a")).json()
        paths = (f"/v2/orders/{made['id']}", "/v2/orders:by_client_order_id?client_order_id=a")
        assert [client.get(path).status_code for path in paths] == [404, 404]
        assert client.get("/v2/account/activities/FILL").json() == []
        faults.off()
        assert [client.get(path).status_code for path in paths] == [200, 200]
        assert len(client.get("/v2/account/activities/FILL").json()) == 1
        assert all(faults.counts[kind] for kind in lags)

    def test_of_pages_loses_no_activity(self, alpaca: AlpacaServer, client: httpx.Client) -> None:
        faults = Faults(lags={Lag.TWICE: 0.5, Lag.SHUFFLED: 0.5})
        broker = world(alpaca, faults=faults)
        for n in range(30):
            broker.trade_by_hand("KO", side="buy", quantity="1", price=f"{50 + n}")
        seen: list[str] = []
        query = {"direction": "asc", "page_size": "7"}
        while page := client.get("/v2/account/activities/FILL", params=query).json():
            query["page_token"] = page[-1]["id"]
            seen += [each["id"] for each in page]
            assert len(seen) < 500
        assert set(seen) == {fill.id for fill in broker.fills}
        assert len(seen) > 30
        assert all(faults.counts[kind] for kind in faults.lags)


class TestTheStream:
    @pytest.mark.parametrize("kind", [None, *StreamFault])
    def test_tells_of_orders_or_suffers(
        self, alpaca: AlpacaServer, client: httpx.Client, kind: StreamFault | None
    ) -> None:
        faults = Faults(stream={} if kind is None else {kind: 1})
        world(alpaca, habits=Habits(fill_seconds=(0.01, 0.01), in_parts=0), faults=faults)
        with connect(alpaca.stream_url, close_timeout=0.1) as stream:
            data = {"key_id": "a-key-id", "secret_key": "a-secret-key"}
            stream.send(json.dumps({"action": "authenticate", "data": data}))
            assert b"authorized" in stream.recv(timeout=1, decode=False)
            stream.send(json.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}))
            assert b"listening" in stream.recv(timeout=1, decode=False)
            client.post("/v2/orders", json=order("a"))
            told: list[str] = []
            was_cut = False
            try:
                while True:
                    told.append(json.loads(stream.recv(timeout=0.3, decode=False))["data"]["event"])
            except (TimeoutError, ConnectionClosed) as end:
                was_cut = isinstance(end, ConnectionClosed)
        assert was_cut == (kind is StreamFault.CUT)
        assert (
            sorted(told)
            == {
                None: ["fill", "new"],
                StreamFault.LOST: [],
                StreamFault.TWICE: ["fill", "fill", "new", "new"],
                StreamFault.SHUFFLED: ["fill", "new"],
                StreamFault.CUT: [],
            }[kind]
        )
        assert kind is None or faults.counts[kind]


class TestTheBooks:
    def test_balance_over_five_hundred_orders_in_bad_weather(
        self, alpaca: AlpacaServer, client: httpx.Client
    ) -> None:
        faults = Faults(seed=7, writes={Fault.DROP_AFTER: 0.1, Fault.DROP_BEFORE: 0.1})
        habits = Habits(fill_seconds=(0, 0.02), part_seconds=(0, 0.02), in_parts=0.3)
        broker = world(alpaca, habits=habits, faults=faults)
        random = Random(7)
        for n in range(500):
            side, qty = random.choice(("buy", "buy", "sell")), str(random.randint(1, 9))
            limit = "60" if side == "buy" else "59"
            with suppress(httpx.TransportError):
                client.post("/v2/orders", json=order(f"{n}", side=side, qty=qty, limit=limit))
        while broker.live_orders:
            pass
        broker.prove()
        bought = sum(fill.shares for fill in broker.fills)
        assert broker.holdings("KO") == bought > 0
        assert broker.cash == 100_000 + sum(fill.cash for fill in broker.fills)
        assert all(each.status == "filled" for each in broker.orders.values())
        assert max(broker.accepted.values()) == max(broker.posts.values()) == 1
        assert len(broker.posts) == 500
        assert len(broker.accepted) < 500

    def test_keep_busts_movements_and_drift(
        self, alpaca: AlpacaServer, client: httpx.Client
    ) -> None:
        broker = world(alpaca)
        fill = broker.trade_by_hand("KO", side="buy", quantity="3", price="59.52")
        broker.bust(fill.id)
        broker.pay("DIV", symbol="KO", amount="1.53")
        broker.drift(symbol="KO", shares="2")
        broker.prove()
        assert broker.cash == Decimal("100001.53")
        assert broker.holdings("KO") == 2
        kinds = [each["activity_type"] for each in client.get("/v2/account/activities").json()]
        assert kinds == ["DIV", "FILL", "FILL"]


class TestASeed:
    def _history(self, seed: int) -> tuple[object, ...]:
        clock = iter(
            datetime(2026, 3, 2, 15, tzinfo=UTC) + n * timedelta(seconds=1) for n in count()
        )
        habits = Habits(in_parts=0.5, rejected_later=0.1, canceled_by_broker=0.1)
        broker = Broker(
            seed=seed, habits=habits, faults=Faults.storm(seed=seed), now=lambda: next(clock)
        )
        broker.set_price("KO", last="59.52", bid="59.51", ask="59.53")
        for n in range(100):
            broker.submit(order(f"{n}", qty="5"))
        broker.prove()
        return broker.fills, {name: each.status for name, each in broker.orders.items()}

    def test_says_the_same_again_and_another_does_not(self) -> None:
        assert self._history(7) == self._history(7)
        assert self._history(7) != self._history(8)
