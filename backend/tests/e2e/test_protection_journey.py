"""Protections from the form to the refusal: what the API says, and what the page shows."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ProductInSession
from tests.e2e.screen import PATIENCE_MILLISECONDS, context_of, money, shown
from tests.e2e.wire import Body, answered, items_of, problem

OPENING = {"cash": "6000", "shares": "100", "anchor_price": "60"}
expect.set_options(timeout=PATIENCE_MILLISECONDS)


def opened(product: ProductInSession, **protections: str | None) -> str:
    """Return the path of a new running position with these limits."""
    client = product.backend.client
    wish = {"symbol": "KO", "opening": OPENING, "protections": protections}
    path = f"/v1/positions/{answered(client.post('/v1/positions', json=wish), 201)['id']}"
    answered(client.post(f"{path}/start"))
    return path


def quote(product: ProductInSession, *prices: str) -> None:
    """Let every further question for KO find the next of `prices`, each newer than the last."""
    start = product.clock.now() - timedelta(seconds=len(prices))
    product.yahoo.walk("KO", prices=prices, start=start, step=timedelta(seconds=1))


def ticked(product: ProductInSession, path: str) -> Body:
    return answered(product.backend.client.post(f"{path}/tick"))


class TestTheApi:
    def test_says_where_a_limit_stands_and_refuses_below_it_with_its_numbers(
        self, product_in_session: ProductInSession
    ) -> None:
        client = product_in_session.backend.client
        path = opened(product_in_session, max_drawdown="0.05")
        unmarked: Body = {"max_drawdown": "0.05", "max_daily_loss": None, "daily_loss_price": None}
        unmarked |= {"peak": None, "reference": None, "drawdown_price": None}
        unmarked |= {"orders_per_minute": None, "price_age_seconds": 60}
        assert answered(client.get(path))["protections"] == unmarked

        quote(product_in_session, "60", "53.99")
        position = ticked(product_in_session, path)["position"]
        marked = {"peak": "12000", "reference": "12000", "drawdown_price": "54"}
        assert position["protections"] == unmarked | marked

        stopped = ticked(product_in_session, path)
        assert stopped["order"] is None
        decision = stopped["decision"]
        assert (decision["kind"], decision["reason"]) == ("refused", "max_drawdown")
        assert decision["falls"] == [
            {
                "gate": "max_drawdown", "limit": "0.05", "mark": "12000",
                "value": "11399", "lowest": "11400", "fall": "0.050083",
            }
        ]  # fmt: skip
        assert decision["sentence"] == (
            "Refused: the value is 11399; drawdown may be 5 % below its peak of 12000: "
            "orders go on from 11400 up, or once the peak is reset."
        )
        assert answered(client.get(f"{path}/decisions/{decision['number']}")) == decision
        assert answered(client.post(f"{path}/replay"))["differences"] == 0

    def test_says_in_a_what_if_from_which_price_on_orders_go_on(
        self, product_in_session: ProductInSession
    ) -> None:
        client = product_in_session.backend.client
        path = opened(product_in_session, max_drawdown="0.05", max_daily_loss="0.02")
        quote(product_in_session, "60")
        ticked(product_in_session, path)

        def asked(price: str) -> tuple[list[str], list[Body]]:
            answer = answered(client.post(f"{path}/evaluate", json={"price": price}))
            return answer["blocked_by"], answer["margins"]

        assert asked("53.9999")[0] == ["max_drawdown", "daily_loss"]
        assert {"lever": "max_drawdown", "amount": "54"} in asked("53.9999")[1]
        blocked, margins = asked("54")
        assert blocked == ["daily_loss"]
        assert {"lever": "daily_loss", "amount": "57.6"} in margins
        assert asked("57.6")[0] == []

    def test_measures_anew_after_a_reset_once(self, product_in_session: ProductInSession) -> None:
        client = product_in_session.backend.client
        path = opened(product_in_session, max_drawdown="0.05")
        unmarked = problem(client.post(f"{path}/reset-protection", json={"reason": "early"}), 409)
        assert unmarked["reason"] == "position_unmarked"
        quote(product_in_session, "60", "53", "53")
        ticked(product_in_session, path)
        ticked(product_in_session, path)
        key = {"Idempotency-Key": path}
        wish = {"reason": "I know why"}
        once, again = (
            answered(client.post(f"{path}/reset-protection", json=wish, headers=key))
            for _ in range(2)
        )
        assert again == once
        assert once["protections"]["peak"] is None
        events = items_of(client, f"{path}/audit-events")
        (reset,) = (event for event in events if event["kind"] == "protection_reset")
        assert json.loads(reset["body"])["reason"] == "I know why"
        after = ticked(product_in_session, path)
        assert after["decision"]["reason"] == "trigger"
        assert after["position"]["protections"]["peak"] == "11300"

    def test_lays_a_change_over_the_limits_that_are_set(
        self, product_in_session: ProductInSession
    ) -> None:
        client = product_in_session.backend.client
        path = opened(product_in_session, max_drawdown="0.2")

        def changed(protections: Body) -> Body:
            body = {"protections": protections, "reason": "careful"}
            return answered(client.patch(path, json=body))

        both = changed({"max_daily_loss": "0.03"})
        assert (both["strategy_version"], both["events"]) == (1, 3)
        limits = [both["protections"][name] for name in ("max_drawdown", "max_daily_loss")]
        assert limits == ["0.2", "0.03"]
        assert changed({}) == changed({"max_drawdown": "0.2"}) == both
        off = changed({"max_drawdown": None, "max_daily_loss": None})["protections"]
        assert (off["max_drawdown"], off["max_daily_loss"], off["peak"]) == (None, None, None)
        event = items_of(client, f"{path}/audit-events")[0]
        reason = json.loads(event["body"])["reason"]
        assert (event["kind"], reason) == ("protections_changed", "careful")


@pytest.mark.browser
class TestThePage:
    @pytest.fixture
    def page(self, browser: Browser, product_in_session: ProductInSession) -> Iterator[Page]:
        context = context_of(browser, product_in_session, width=1440, theme="light")
        yield context.new_page()
        context.close()

    def test_takes_limits_when_a_position_is_opened_and_names_the_field_that_is_wrong(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        opened(product_in_session)  # the list offers the whole form once there is a position
        page.goto("/?open=position")
        page.get_by_label("Symbol").fill("KO")
        page.get_by_label("Largest drawdown").fill("95")
        page.get_by_label("Largest daily loss").fill("2.5")
        page.get_by_role("button", name="Open paper position").click()
        wrong = page.locator(".field", has=page.get_by_label("Largest drawdown"))
        expect(wrong.locator(".error")).to_contain_text("from 0.01 to 0.9")
        page.get_by_label("Largest drawdown").fill("10")
        page.get_by_role("button", name="Open paper position").click()
        page.wait_for_url(re.compile(r"/positions/[0-9a-f-]{36}$"))
        block = page.locator("section", has=page.get_by_role("heading", name="Protections"))
        expect(block).to_contain_text("10 % below the peak at the next price used")
        expect(block).to_contain_text("2.5 % below what the day began with")

        page.get_by_role("button", name="Edit strategy").click()
        page.get_by_label("Largest daily loss").fill("")
        expect(page.locator(".before-after")).to_contain_text("no limit")
        page.get_by_role("button", name="Save the strategy").click()
        expect(block).to_contain_text("no limit")

    def test_shows_the_gate_with_its_numbers_and_resets_the_peak(
        self, page: Page, product_in_session: ProductInSession
    ) -> None:
        path = opened(product_in_session, max_drawdown="0.05")
        quote(product_in_session, "60", "53.99")
        ticked(product_in_session, path)
        ticked(product_in_session, path)
        page.goto(path.removeprefix("/v1"))
        expect(page.locator(".sentence").first).to_contain_text(
            "it is $11,399.00 and orders need $11,400.00"
        )
        row = page.locator("ol.timeline > li").first
        row.locator("summary").click()
        gate = row.locator(".gates li", has_text="Within the largest drawdown")
        expect(gate.locator(".failed")).to_be_visible()
        assert shown(gate, "decision.falls.mark") == money("12000")
        expect(row.locator(".gates li", has_text="daily loss")).to_contain_text("no limit")

        block = page.locator("section", has=page.get_by_role("heading", name="Protections"))
        assert shown(block, "position.protections.peak") == money("12000")
        assert shown(block, "position.protections.drawdown_price") == "$54.00"
        block.get_by_role("button", name="Reset the peak").click()
        page.get_by_label("Reason").fill("I know why")
        page.get_by_role("button", name="Reset the peak of KO").click()
        expect(block).to_contain_text("at the next price used")
        expect(block.get_by_role("button", name="Reset the peak")).to_have_count(0)
