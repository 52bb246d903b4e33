"""Stopping everything: two clicks, the keyboard alone, or a command while the backend is dead."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.backend import BACKEND, PATIENCE_SECONDS
from tests.e2e.conftest import ProductInSession
from tests.e2e.screen import PATIENCE_MILLISECONDS, context_of
from tests.e2e.wire import Body, answered

SCREENSHOTS = Path(__file__).parent / "screenshots"
SOON_SECONDS = 1.0

expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture
def page(browser: Browser, product_in_session: ProductInSession) -> Iterator[Page]:
    context = context_of(browser, product_in_session, width=1440, theme="light")
    yield context.new_page()
    context.close()
    client = product_in_session.backend.client
    if trading(client)["halted"]:
        answered(client.post("/v1/trading/resume", json={"reason": "after the test"}))


def trading(client: httpx.Client) -> Body:
    return answered(client.get("/v1/trading"))


def started(product: ProductInSession) -> str:
    """Return a running position."""
    client = product.backend.client
    wish = {"symbol": "KO", "opening": {"cash": "6000", "shares": "100", "anchor_price": "60"}}
    position_id = str(answered(client.post("/v1/positions", json=wish), 201)["id"])
    answered(client.post(f"/v1/positions/{position_id}/start"))
    return position_id


def status(client: httpx.Client, position_id: str) -> str:
    return str(answered(client.get(f"/v1/positions/{position_id}"))["status"])


def tick(product: ProductInSession, position_id: str, price: str) -> Body:
    product.yahoo.quote("KO", price=price, at=product.clock.now() - timedelta(seconds=1))
    return answered(product.backend.client.post(f"/v1/positions/{position_id}/tick"))


def command(product: ProductInSession, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `vb` as it hands over."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=BACKEND,
        env=product.backend.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.browser
class TestTheStopButton:
    def test_stops_everything_in_two_clicks_and_every_page_says_so(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        product = product_in_session
        client, position_id = product.backend.client, started(product_in_session)
        page.goto("/lab")
        page.get_by_role("button", name="Stop", exact=True).click()
        dialog = page.get_by_role("dialog", name="Stop all trading?")
        expect(dialog).to_contain_text("running position")
        expect(dialog).to_contain_text("KO")
        expect(page.get_by_role("button", name="Stop now")).to_be_focused()
        began = time.monotonic()
        page.get_by_role("button", name="Stop now").click()
        expect(page.get_by_text("All trading is stopped since")).to_be_visible()
        assert trading(client)["halted"] is True
        assert time.monotonic() - began < SOON_SECONDS
        assert tick(product, position_id, "63")["decision"]["reason"] == "trading_halted"
        for path in ("/", f"/positions/{position_id}", "/lab", "/nowhere"):
            page.goto(path)
            expect(page.get_by_role("alert").first).to_contain_text("Stopped by hand")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)

        page.get_by_role("button", name="Resume trading").click()
        page.get_by_role("dialog").get_by_role("button", name="Resume trading").click()
        reason = page.get_by_label("Reason, kept in the audit trail")
        expect(reason).to_have_attribute("aria-invalid", "true")
        reason.fill("looked at it")
        page.get_by_role("dialog").get_by_role("button", name="Resume trading").click()
        expect(page.get_by_text("All trading is stopped since")).to_have_count(0)
        assert trading(client)["reason"] == "looked at it"
        assert status(client, position_id) == "running"
        assert tick(product, position_id, "63")["decision"]["kind"] == "proposed"

    def test_is_reached_and_pressed_by_the_keyboard_alone(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        client = product_in_session.backend.client
        page.goto("/")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
        page.keyboard.press("Control+Shift+S")
        expect(page.get_by_role("button", name="Stop now")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert trading(client)["halted"] is False
        page.keyboard.press("Control+Shift+S")
        page.keyboard.press("Enter")
        expect(page.get_by_text("All trading is stopped since")).to_be_visible()
        assert trading(client)["halted"] is True

    def test_gives_way_to_the_banner_when_somebody_else_stops(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        page.goto("/")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
        expect(page.locator(".link-state")).to_contain_text("Live")
        answered(
            product_in_session.backend.client.post("/v1/trading/halt", json={"reason": "fire"})
        )
        expect(page.get_by_role("alert").first).to_contain_text("fire")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)

    @pytest.mark.parametrize(
        ("width", "theme"),
        [
            (360, "dark"),
            (1440, "light"),
            pytest.param(360, "light", marks=pytest.mark.long),
            pytest.param(1440, "dark", marks=pytest.mark.long),
        ],
    )
    def test_fits(
        self, browser: Browser, product_in_session: ProductInSession, width: int, theme: str
    ) -> None:
        client, position_id = product_in_session.backend.client, started(product_in_session)
        context = context_of(browser, product_in_session, width=width, theme=theme)
        page = context.new_page()
        page.goto(f"/positions/{position_id}")
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_role("button", name="Stop now")).to_be_focused()
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"stop-{width}-{theme}.png")
        page.get_by_role("button", name="Stop now").click()
        expect(page.get_by_text("All trading is stopped since")).to_be_visible()
        page.screenshot(path=SCREENSHOTS / f"stopped-{width}-{theme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()
        answered(client.post("/v1/trading/resume", json={"reason": "after the test"}))


class TestTheCommandsWithADeadBackend:
    def test_stop_trading_which_stays_so_over_a_restart_and_prove_what_was_decided(
        self, product_in_session: ProductInSession
    ) -> None:
        product = product_in_session
        client = product.backend.client
        running, paused = started(product), started(product)
        answered(client.post(f"/v1/positions/{paused}/pause"))
        tick(product, running, "60")
        replayed = answered(client.post(f"/v1/positions/{running}/replay"))
        assert (replayed["decisions"], replayed["differences"]) == (1, 0)
        assert (replayed["first_difference"], replayed["earlier_versions"]) == (None, [])

        product.backend.kill()
        try:
            stopped = command(product, "halt", "smoke in the server room")
            assert (stopped.returncode, stopped.stderr) == (0, "")
            assert "smoke in the server room" in stopped.stdout
            proven = command(product, "replay")
            assert (proven.returncode, proven.stderr) == (0, "")
            assert f"{running}: 1 decisions made again, 0 differ" in proven.stdout
            verified = command(product, "verify")
            assert (verified.returncode, verified.stderr) == (0, "")
            assert f"{running}: 3 events, whole" in verified.stdout
        finally:
            product.backend.start()

        assert trading(client)["reason"] == "smoke in the server room"
        assert (status(client, running), status(client, paused)) == ("running", "paused")
        assert tick(product, running, "63")["decision"]["reason"] == "trading_halted"
        assert command(product, "resume", "aired").returncode == 0
        assert trading(client)["halted"] is False
        assert tick(product, running, "63")["decision"]["kind"] == "proposed"
