"""What a paper account of Alpaca really answered, read as the product reads it."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.domain.brokerage import AlreadyThere, BrokerOrderState, Rejected, Submission
from app.domain.observation import MarketPhase
from app.services.ports import Brokerage
from tests.integration.broker.alpaca_server import AlpacaServer, Reply, json_reply
from tests.integration.broker.orders import always, our_order
from tests.integration.broker.test_alpaca_reads import SINCE

RECORDED = (
    Path(__file__).parents[4].parent / "shared" / "data" / "alpaca" / "recorded_paper_2026-10-08"
)
FILLS = "/v2/account/activities/FILL"


def recorded(name: str) -> object:
    """Return a recorded answer; skip the test where the recordings are absent."""
    path = RECORDED / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{name}.json is not bundled and there is no folder ../shared")
    return json.loads(path.read_bytes())


def orders_in(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, list):
        for item in value:
            yield from orders_in(item)
    elif isinstance(value, dict) and "client_order_id" in value:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from orders_in(item)


@pytest.fixture
def refused(brokerage: AlpacaBrokerage, server: AlpacaServer) -> Callable[[str], Submission]:
    def submission(name: str) -> Submission:
        answer = recorded(name)
        assert isinstance(answer, dict)
        error = answer["error"]
        server.answer("/v2/orders", Reply(status=error["status_code"], body=error["body"].encode()))
        return brokerage.submit(order=our_order(), symbol="KO", extended=False, in_time=always)

    return submission


class TestRecordedAnswer:
    def test_is_an_account(self, brokerage: Brokerage, server: AlpacaServer) -> None:
        server.answer("/v2/account", json_reply(recorded("account_before")))
        found = brokerage.account()
        assert (found.cash, found.blocked) == (100_005_830_000, None)

    def test_is_a_duplicate(self, refused: Callable[[str], Submission]) -> None:
        assert refused("duplicate_client_order_id") == AlreadyThere()

    @pytest.mark.parametrize("name", ["sell_above_held", "non_fractionable_sell_fractional"])
    def test_is_a_refusal(self, refused: Callable[[str], Submission], name: str) -> None:
        became = refused(name)
        assert isinstance(became, Rejected)
        assert not became.account_trouble

    @pytest.mark.parametrize(
        ("name", "states"),
        [
            ("buy_whole", {BrokerOrderState.LIVE, BrokerOrderState.FILLED}),
            ("resting", {BrokerOrderState.LIVE}),
            ("resting_cancelled", {BrokerOrderState.CANCELED}),
            ("non_fractionable_buy", {BrokerOrderState.LIVE, BrokerOrderState.FILLED}),
            ("sell_fractional", {BrokerOrderState.LIVE, BrokerOrderState.FILLED}),
        ],
    )
    def test_is_an_order(
        self,
        brokerage: Brokerage,
        server: AlpacaServer,
        name: str,
        states: set[BrokerOrderState],
    ) -> None:
        found = set()
        for order in orders_in(recorded(name)):
            order_id = str(order["client_order_id"])
            server.answer("/v2/orders:by_client_order_id", json_reply(order))
            read = brokerage.find(order_id=order_id)
            assert read is not None
            found.add(read.state)
        assert found == states

    def test_is_a_list_of_trades(self, brokerage: Brokerage, server: AlpacaServer) -> None:
        activities = recorded("fill_activities")
        assert isinstance(activities, list)
        exact = [a for a in activities if len(a["qty"]) < 8]
        server.answer(FILLS, json_reply(exact))
        found = brokerage.fills(since=SINCE)
        assert [(f.symbol, f.quantity, f.price) for f in found] == [
            ("KO", 1_000_000, 868_800),
            ("KO", 500_000, 868_720),
            ("OCGN", 1_000_000, 9858),
            ("OCGN", 1_000_000, 9808),
        ]

    def test_is_a_trade_also_where_it_is_finer_than_is_counted_here(
        self, brokerage: Brokerage, server: AlpacaServer
    ) -> None:
        activities = recorded("fill_activities")
        assert isinstance(activities, list)
        server.answer(FILLS, json_reply(activities))
        found = brokerage.fills(since=SINCE)
        assert len(found) == len(activities)
        assert 57_436 in {fill.quantity for fill in found}

    def test_is_an_asset(self, brokerage: Brokerage, server: AlpacaServer) -> None:
        assets = recorded("assets")
        assert isinstance(assets, list)
        for asset in assets:
            server.answer(f"/v2/assets/{asset['symbol']}", json_reply(asset))
        lots = [
            brokerage.smallest_lot(symbol=symbol, phase=MarketPhase.EXTENDED)
            for symbol in ("KO", "OCGN")
        ]
        assert lots == [1, 1_000_000]
