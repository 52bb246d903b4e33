"""The dashboard as its user sees it: the built files in a real Chromium, on the real server."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domain.session import LIVE_GATES
from tests.e2e.conftest import ProductInSession
from tests.e2e.screen import (
    PATIENCE_MILLISECONDS,
    context_of,
    exact,
    money,
    shown,
    signed_percent,
)
from tests.e2e.wire import Body, answered, items_of
from tests.yahoo_replay import Answer

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parent / "screenshots"
expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture
def page(browser: Browser, product_in_session: ProductInSession) -> Iterator[Page]:
    """Yield a page on the product; an uncaught error in it fails the test."""
    context = context_of(browser, product_in_session, width=1440, theme="light")
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    yield opened
    context.close()
    assert failures == []


def quote_each(product: ProductInSession, *prices: str) -> None:
    """Let every further question for KO find the next of `prices`, each newer than the last."""
    product.yahoo.walk(
        "KO",
        prices=prices,
        start=product.clock.now() - timedelta(seconds=len(prices)),
        step=timedelta(seconds=1),
    )


def check_now(page: Page) -> None:
    """Make one check by hand: look ahead, then act."""
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("At the price of this moment")).to_be_visible()
    page.get_by_role("button", name="Check KO now").click()
    expect(page.get_by_role("heading", name="KO is checked")).to_be_visible()
    page.get_by_role("button", name="Back to KO").click()


def open_position(product: ProductInSession, **wish: object) -> Body:
    opening = {"cash": "6000", "shares": "100", "anchor_price": "60"}
    body = {"symbol": "KO", "opening": opening, **wish}
    return answered(product.backend.client.post("/v1/positions", json=body), 201)


def run_filled(page: Page, product: ProductInSession, model: str) -> Body:
    """Run the form's own simulation with this execution model; return it as the API has it."""
    page.goto("/lab")
    page.get_by_label("Fills").select_option(model)
    page.get_by_role("button", name="Run simulation").click()
    page.wait_for_url(re.compile(r"/lab/[0-9a-f-]{36}$"))
    # The first run after a change of the rules compiles them, longer on a busy machine.
    expect(page.get_by_text("for holding; largest drawdown")).to_be_visible(timeout=120_000)
    return answered(product.backend.client.get(f"/v1/simulations/{page.url.rpartition('/')[2]}"))


class TestTheFirstFiveMinutes:
    def test_lead_from_an_empty_page_to_an_explained_trade(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        product = product_in_session
        quote_each(product, "59.52", "59.52", "61.31", "61.31")
        page.goto("/")
        page.get_by_label("Symbol").fill("ko")
        page.get_by_role("button", name="Open paper position").click()
        page.wait_for_url(re.compile(r"/positions/[0-9a-f-]{36}$"))
        expect(page.get_by_text("No check yet.")).to_be_visible()

        page.get_by_role("button", name="Start", exact=True).click()
        page.get_by_role("button", name="Start KO").click()
        expect(page.locator("main").get_by_text("Running")).to_be_visible()
        check_now(page)
        expect(page.locator(".sentence").first).to_contain_text("Anchor set.")
        check_now(page)
        expect(page.locator(".sentence").first).to_contain_text("Sell.")
        seen = page.get_by_role("img", name=re.compile(r"4 prices seen, from \$59\.52"))
        expect(seen).to_be_visible()

        (position,) = items_of(product.backend.client, "/v1/positions")
        assert shown(page, "position.cash") == money(position["cash"])
        assert shown(page, "position.value") == money(position["value"])
        assert shown(page, "position.shares") == position["shares"]
        assert shown(page, "position.sell_at") == position["sell_at"]

        newest = page.locator("ol.timeline > li").first
        expect(newest).to_contain_text("Sold")
        newest.locator("summary").click()
        decision = position["last_decision"]
        assert shown(newest, "decision.raw_quantity") == decision["raw_quantity"]
        assert shown(newest, "decision.quantity") == decision["quantity"]
        assert newest.locator(".gates .passed").count() == len(LIVE_GATES)
        events = items_of(product.backend.client, f"/v1/positions/{position['id']}/audit-events")
        recorded = next(e for e in events if e["kind"] == "decided" and e["at"] == decision["at"])
        assert shown(newest, "audit_event.hash") == recorded["hash"]


class TestAPosition:
    def test_reads_the_same_in_the_list_and_on_its_page(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        position = open_position(product_in_session)
        client = product_in_session.backend.client
        quote_each(product_in_session, "61")
        answered(client.post(f"/v1/positions/{position['id']}/start"))
        answered(client.post(f"/v1/positions/{position['id']}/tick"))
        fields = ("value", "stock_share", "anchor_price", "sell_at", "buy_at", "last_price.price")
        page.goto("/")
        row = page.locator("tr", has=page.locator(f'a[href="/positions/{position["id"]}"]'))
        listed = [shown(row, f"position.{field}").lstrip("$") for field in fields]
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", name="KO")).to_be_visible()
        main = page.locator("main")
        assert [shown(main, f"position.{field}").lstrip("$") for field in fields] == listed

    def test_shows_what_cash_moved_and_refuses_more_than_there_is_beside_the_field(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        position = open_position(product_in_session)
        page.goto(f"/positions/{position['id']}?do=cash")
        page.get_by_label("Movement").select_option("withdrawal")
        page.get_by_label("Amount").fill("6,000.01")
        page.get_by_label("Reason").fill("rent")
        page.get_by_role("button", name="Withdraw cash").click()
        amount = page.get_by_label("Amount")
        expect(amount).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".field", has=amount)).to_contain_text("6000")
        amount.fill("1,000")
        page.get_by_role("button", name="Withdraw cash").click()
        cash = page.locator(".before-after tr", has_text="Cash")
        expect(cash).to_contain_text("$6,000.00")
        expect(cash).to_contain_text("$5,000.00")

    def test_keeps_each_version_of_its_strategy(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        position = open_position(product_in_session)
        page.goto(f"/positions/{position['id']}?do=strategy")
        page.get_by_label("Style").select_option("calm")
        changed = page.locator(".before-after")
        expect(changed.get_by_role("row")).to_have_count(3)
        page.get_by_role("button", name="Save the strategy").click()
        expect(page.get_by_text("strategy version 2")).to_be_visible()
        versions = items_of(
            product_in_session.backend.client, f"/v1/positions/{position['id']}/strategies"
        )
        assert [version["strategy"]["trigger"]["up"] for version in versions] == ["0.05", "0.03"]


class TestASimulation:
    def test_runs_from_the_form_to_the_verdict_and_repeats_to_the_same_digest(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        result = run_filled(page, product_in_session, "close")["result"]
        first = page.url
        assert shown(page, "result.digest") == result["digest"]
        assert shown(page, "result.final.equity") == money(result["final"]["equity"])
        assert shown(page, "result.counts.trades") == f"{result['counts']['trades']:,}"
        expect(page.get_by_text("fills at the price it decided on", exact=False)).not_to_have_count(
            0
        )
        expect(page.locator(".chart canvas").first).to_be_visible()
        page.get_by_role("button", name="Re-run identical").click()
        page.wait_for_url(lambda url: url != first)
        expect(page.locator('[data-q="result.digest"]')).to_have_text(result["digest"])

    def test_fills_inside_the_bar_by_default_and_asks_for_the_path_only_there(
        self, page: Page
    ) -> None:
        page.goto("/lab")
        expect(page.get_by_label("Fills")).to_have_value("touch")
        expect(page.get_by_label("Path")).to_have_value("pessimistic")
        page.get_by_label("Fills").select_option("next_open")
        expect(page.get_by_label("Path")).to_have_count(0)

    def test_prints_parts_that_add_up_to_the_last_digit(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        result = run_filled(page, product_in_session, "close")["result"]
        told = {name: Decimal(text) for name, text in result["attribution"].items()}
        parts = {name: exact(shown(page, f"result.attribution.{name}")) for name in told}
        assert parts == told
        total = parts.pop("total")
        assert sum(parts.values()) == total
        excess = shown(page.locator(".waterfall"), "result.excess_over_holding")
        assert exact(excess) == total - parts["hold"]
        assert shown(page, "result.harvest.theory") == money(result["harvest"]["theory"])
        expect(page.get_by_role("heading", name="Envelope")).to_have_count(0)

    def test_fills_at_the_next_open_and_repeats_so(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        run = run_filled(page, product_in_session, "next_open")
        result = run["result"]
        assert shown(page, "result.execution_note") == result["execution_note"]
        for times in result["counts"]["unfilled"].values():
            expect(page.locator(".kpis")).to_contain_text(f"{times:,} unfilled")
        months = page.locator(".months [data-q='result.months.robot']")
        expect(months).to_have_count(len(result["months"]))
        expect(months.last).to_have_text(signed_percent(result["months"][-1]["robot"]))
        page.get_by_role("group", name="Whose months").get_by_text("Holding").click()
        held = page.locator(".months [data-q='result.months.holding']")
        expect(held.last).to_have_text(signed_percent(result["months"][-1]["holding"]))
        page.get_by_role("heading", name="Drawdowns").click()
        depths = page.locator("[data-q='result.drawdowns.depth']:visible")
        expect(depths).to_have_count(len(result["drawdowns"]))
        first = page.url
        page.get_by_role("button", name="Re-run identical").click()
        page.wait_for_url(lambda url: url != first)
        expect(page.locator('[data-q="result.digest"]')).to_have_text(result["digest"])
        expect(page.get_by_label("Fills")).to_have_value("next_open")

    def test_names_the_refused_field_and_keeps_what_was_typed(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        page.goto("/lab")
        page.get_by_label("Ratio").fill("1000")
        page.get_by_role("button", name="Run simulation").click()
        expect(page.get_by_label("Ratio")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Ratio")).to_have_value("1000")
        assert "0.01 to 100" in page.locator(".field .error").inner_text()


class TestTrouble:
    def test_with_the_price_provider_is_told_and_changes_nothing(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        position = open_position(product_in_session)
        client = product_in_session.backend.client
        answered(client.post(f"/v1/positions/{position['id']}/start"))
        almost_a_minute_ago = product_in_session.clock.now() - timedelta(seconds=50)
        product_in_session.yahoo.quote("KO", price="60.1234", at=almost_a_minute_ago)
        answered(client.post(f"/v1/positions/{position['id']}/tick"))
        product_in_session.yahoo.script("KO", Answer(status=500, body=b""))
        page.goto(f"/positions/{position['id']}?do=check")
        expect(page.get_by_text("There is no price to look ahead with")).to_be_visible()
        page.get_by_role("button", name="Check KO now").click()
        expect(page.get_by_text("Nothing was decided or changed")).to_be_visible()
        assert answered(client.get(f"/v1/positions/{position['id']}"))["decisions"] == 1

        # The page says so, and keeps the last price: grey, with its age and source.
        page.get_by_role("button", name="Check later").click()
        expect(page.get_by_text("Provider down since")).to_be_visible()
        expect(page.locator("main .price")).to_contain_text("$60.1234")
        expect(page.locator("main .price .stale")).to_be_visible()
        expect(page.locator("main .price")).to_contain_text("old")
        expect(page.locator("main .price")).to_contain_text("Yahoo")
        for width in (1440, 360):
            for theme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=SCREENSHOTS / f"stale-{width}-{theme}.png", full_page=True)

    def test_with_the_connection_keeps_the_rows_with_their_time_and_heals(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        open_position(product_in_session)
        page.goto("/")
        rows = page.locator("main tbody tr")
        expect(rows).not_to_have_count(0)
        before = rows.count()
        # A page that was never connected cannot say since when it is not.
        expect(page.locator(".link-state")).to_contain_text(re.compile("Live|Degraded"))
        product_in_session.backend.kill()
        expect(page.get_by_text("The positions could not be refreshed")).to_be_visible()
        expect(page.locator(".link-state")).to_contain_text(
            re.compile(r"Offline\s*· since \d\d:\d\d")
        )
        assert rows.count() == before
        product_in_session.backend.start()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.locator(".link-state")).to_contain_text("Live")


class TestEveryPage:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [1440, 360])
    def test_fits_the_screen(
        self, browser: Browser, product_in_session: ProductInSession, width: int, theme: str
    ) -> None:
        """Leave a picture of each page in `screenshots/` and find none that scrolls sideways."""
        client = product_in_session.backend.client
        run = items_of(client, "/v1/simulations")[-1]["id"]
        position = items_of(client, "/v1/positions")[-1]["id"]
        pages = {"positions": "/", "position": f"/positions/{position}", "lab": f"/lab/{run}"}
        context = context_of(browser, product_in_session, width=width, theme=theme)
        page = context.new_page()
        for name, path in pages.items():
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        context.close()


class TestTheDataOfASimulation:
    def test_is_merged_into_longer_bars(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        rows = [f"2024-01-02T09:{minute}:00,59,60,58,59" for minute in range(30, 50)]
        content = "\n".join(("timestamp,open,high,low,close", *rows)).encode()
        client = product_in_session.backend.client
        query = {"symbol": "PEP", "resolution": "1m", "adjustment": "raw"}
        csv = {"Content-Type": "text/csv"}
        answered(client.post("/v1/datasets", params=query, content=content, headers=csv), 201)
        page.goto("/lab")
        expect(page.get_by_label("Bar length")).to_have_count(0)  # KO is daily
        page.get_by_label("Data").select_option(label="PEP, 1 minute to 2 Jan 2024, as traded")
        expect(page.get_by_text("20 bars, ")).to_be_visible()
        page.get_by_label("Bar length").select_option(label="5 minutes")
        expect(page.get_by_text("4 bars, ")).to_be_visible()
        expect(page.get_by_label("Data").locator("option:checked")).to_have_text(
            "PEP, 5 minutes to 2 Jan 2024, as traded"
        )
