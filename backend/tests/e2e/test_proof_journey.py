"""What a gate cost, and how a position does beside its twin, as the API tells it."""

from datetime import timedelta
from decimal import Decimal

from tests.e2e.conftest import ProductInSession
from tests.e2e.wire import answered, fields, problem

OPENING = {"cash": "6000", "shares": "100", "anchor_price": "60"}


def ticked(product: ProductInSession, *prices: str) -> str:
    """Return the path of a position with one order a day that was shown these prices of KO."""
    path = started(product)
    start = product.clock.now() - timedelta(seconds=30)
    product.yahoo.walk("KO", prices=prices, start=start, step=timedelta(seconds=1))
    for _ in prices:
        answered(product.backend.client.post(f"{path}/tick"))
    return path


def started(product: ProductInSession) -> str:
    client = product.backend.client
    wish = {"symbol": "KO", "opening": OPENING, "strategy": {"orders": {"max_per_day": 1}}}
    path = f"/v1/positions/{answered(client.post('/v1/positions', json=wish), 201)['id']}"
    answered(client.post(f"{path}/start"))
    return path


class TestTheGateLedger:
    def test_says_what_the_order_that_came_too_many_would_be_worth(
        self, product_in_session: ProductInSession
    ) -> None:
        client = product_in_session.backend.client
        path = ticked(product_in_session, "62", "64")
        ledger = answered(client.get(f"{path}/gate-ledger?price=65"))
        (total,), (line,) = ledger["blockers"], ledger["newest"]
        assert (ledger["price"], ledger["from_decision"]) == ("65", 1)
        assert (total["blocker"], total["orders"], total["unknown"]) == ("max_per_day", 1, 0)
        assert (line["side"], line["price"], line["unknown"]) == ("sell", "64", None)
        missed = Decimal(line["quantity"]) * (64 - 65)
        assert missed - 1 < Decimal(total["shadow"]) == Decimal(line["shadow"]) < missed

    def test_says_what_is_asked_wrong(self, product_in_session: ProductInSession) -> None:
        client = product_in_session.backend.client
        path = started(product_in_session)
        for proof in ("gate-ledger", "shadow-twin"):
            assert problem(client.get(f"{path}/{proof}"), 409)["reason"] == "no_price_yet"
            allowed = fields(client.get(f"{path}/{proof}?price=0"))
            assert allowed == {"price": "from 0.0001 to 200000"}
            assert fields(client.get(f"{path}/{proof}?price=1e3")).keys() == {"price"}
            problem(client.get(f"/v1/positions/nobody/{proof}"), 404)


class TestTheShadowTwin:
    def test_is_worth_what_a_position_on_paper_is(
        self, product_in_session: ProductInSession
    ) -> None:
        client = product_in_session.backend.client
        path = ticked(product_in_session, "62", "61")
        twin = answered(client.get(f"{path}/shadow-twin"))
        assert (twin["price"], twin["twin_orders"]) == ("61", 1)
        assert twin["value"] == twin["twin_value"]
        assert {twin["difference"], *twin["parts"].values()} == {"0"}
