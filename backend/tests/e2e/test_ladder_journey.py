"""The orders to come: what the API says of them, and what the page of a position shows."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ProductInSession
from tests.e2e.screen import PATIENCE_MILLISECONDS, context_of, money, shown
from tests.e2e.wire import Body, answered, fields, problem

SMALL = {"cash": "120", "shares": "2", "anchor_price": "60"}
USUAL = {"cash": "6000", "shares": "100", "anchor_price": "60"}
TICK = Decimal("0.0001")
expect.set_options(timeout=PATIENCE_MILLISECONDS)


def opened(product: ProductInSession, opening: dict[str, str], **strategy: object) -> str:
    """Return the path of a new position that has used the price 60."""
    client = product.backend.client
    wish = {"symbol": "KO", "opening": opening, "strategy": strategy or None}
    path = f"/v1/positions/{answered(client.post('/v1/positions', json=wish), 201)['id']}"
    answered(client.post(f"{path}/start"))
    product.yahoo.walk("KO", prices=("60",), start=product.clock.now(), step=timedelta(seconds=1))
    answered(client.post(f"{path}/tick"))
    return path


def decided(product: ProductInSession, path: str, price: Decimal) -> Body:
    return answered(product.backend.client.post(f"{path}/evaluate", json={"price": str(price)}))


class TestTheLadder:
    @pytest.mark.parametrize("opening", [USUAL, SMALL], ids=["usual", "small"])
    def test_is_where_the_what_if_flips(
        self, product_in_session: ProductInSession, opening: dict[str, str]
    ) -> None:
        band = {"min_stock": "0", "max_stock": "1"}
        path = opened(product_in_session, opening, guardrails=band)
        ladder = answered(product_in_session.backend.client.get(f"{path}/ladder?rungs=2"))
        assert (ladder["price"], ladder["due"]) == ("60", None)
        for flight, outward in ((ladder["up"], TICK), (ladder["down"], -TICK)):
            first, *others = flight["rungs"]
            price = Decimal(first["price"])
            on = decided(product_in_session, path, price)
            assert (on["kind"], on["quantity"]) == ("proposed", first["quantity"])
            before = decided(product_in_session, path, price - outward)
            assert before["kind"] != "proposed"
            lever = "price_up" if outward > 0 else "price_down"
            assert {"lever": lever, "amount": first["price"]} in before["margins"]
            assert (first["held_back"] is not None) == (opening is SMALL)
            for second in others:
                assert abs(Decimal(second["distance"])) > abs(Decimal(first["distance"]))
            cash = (
                Decimal(opening["cash"]) + Decimal(first["amount"]) - Decimal(first["commission"])
            )
            assert Decimal(first["cash_after"]) == cash

    def test_says_what_is_asked_wrong(self, product_in_session: ProductInSession) -> None:
        client = product_in_session.backend.client
        path = opened(product_in_session, USUAL)
        assert "rungs" in next(iter(fields(client.get(f"{path}/ladder?rungs=21"))))
        problem(client.get("/v1/positions/nobody/ladder"), 404)

    def test_is_empty_before_any_price(self, product_in_session: ProductInSession) -> None:
        client = product_in_session.backend.client
        wish = {"symbol": "KO", "opening": {"value": "10000", "stock_fraction": "0.5"}}
        position = answered(client.post("/v1/positions", json=wish), 201)
        ladder = answered(client.get(f"/v1/positions/{position['id']}/ladder"))
        assert (ladder["price"], ladder["up"]["rungs"]) == (None, [])
        assert ladder["up"]["ended"] == {"reason": "price_unknown", "rule": None}


@pytest.mark.browser
class TestThePage:
    @pytest.fixture(params=[1440, 360])
    def page(
        self, browser: Browser, product_in_session: ProductInSession, request: pytest.FixtureRequest
    ) -> Iterator[Page]:
        context = context_of(browser, product_in_session, width=request.param, theme="light")
        yield context.new_page()
        context.close()

    def test_shows_the_next_trades_as_the_api_has_them(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        path = opened(product_in_session, USUAL)
        ladder = answered(product_in_session.backend.client.get(f"{path}/ladder?rungs=3"))
        page.goto(path.removeprefix("/v1"))
        block = page.locator("section", has=page.get_by_role("heading", name="Next trades"))
        rows = block.locator("tbody tr")
        expect(rows).to_have_count(7)
        rungs = [*ladder["up"]["rungs"][::-1], None, *ladder["down"]["rungs"]]
        for index, rung in enumerate(rungs):
            row = rows.nth(index)
            if rung is None:
                assert shown(row, "ladder.price") == "60.00"
                continue
            assert Decimal(shown(row, "ladder.rung.price")) == Decimal(rung["price"])
            assert shown(row, "ladder.rung.quantity").lstrip("+−") == rung["quantity"]
            assert shown(row, "ladder.rung.cash_after") == money(rung["cash_after"])
            assert shown(row, "ladder.rung.amount").lstrip("+") == money(rung["amount"])
        gauge = page.locator(".gauge")
        expect(gauge.locator(".ghost")).to_have_count(2)
        expect(gauge).to_contain_text("after the next sell")
        width = page.evaluate("window.innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_says_in_the_what_if_what_would_lead_to_an_order(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        path = opened(product_in_session, USUAL)
        page.goto(f"{path.removeprefix('/v1')}?do=what-if")
        expect(page.locator(".margins")).to_contain_text("the price rises to $61.80")
        expect(page.locator(".margins")).to_contain_text("the price falls to $58.20")
