"""The dashboard by the event stream: what happens elsewhere shows without being asked for."""

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.adapters.ids import RandomIds
from app.adapters.redis.events import RedisEventStream
from app.simulation.run import RunRecord, RunStatus
from tests.e2e.conftest import Product
from tests.e2e.screen import PATIENCE_MILLISECONDS
from tests.e2e.wire import Body, answered, items_of

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture
def context(browser: Browser, product: Product) -> Iterator[BrowserContext]:
    """Yield a browser on the product whose clock can be put forward."""
    context = browser.new_context(
        base_url=product.backend.base_url, reduced_motion="reduce", locale="en-US"
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    context.clock.install()
    yield context
    context.close()


@pytest.fixture
def shared(product: Product) -> Iterator[RedisEventStream]:
    """Yield the stream of the product, as another process of it holds it."""
    stream = RedisEventStream(url=product.backend.environment["REDIS_URL"])
    yield stream
    stream.close()


def open_position(product: Product) -> Body:
    wish = {"symbol": "KO", "opening": {"cash": "6000", "shares": "100", "anchor_price": "60"}}
    return answered(product.backend.client.post("/v1/positions", json=wish), 201)


def opened(context: BrowserContext, path: str) -> tuple[Page, list[str]]:
    """Return a page that is live, and the paths that it asks for from its start on."""
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("/v1/")[2]))
    page.goto(path)
    expect(page.locator(".link-state")).to_contain_text("Live")
    return page, asked


class TestTheLink:
    def test_is_live_or_delayed_as_the_backend_is(
        self, context: BrowserContext, product: Product, shared: RedisEventStream
    ) -> None:
        page, _ = opened(context, "/")
        chip = page.locator(".link-state")
        expect(chip).to_contain_text(re.compile(r"Live\s*· \d s"))
        os.kill(product.backend.pid, signal.SIGSTOP)
        try:
            page.clock.fast_forward(21_000)
            expect(chip).to_contain_text(re.compile(r"Delayed\s*· \d\d s"))
        finally:
            os.kill(product.backend.pid, signal.SIGCONT)
        shared.publish(kind="reset", body={"reason": "missed"})
        expect(chip).to_contain_text("Live")

    def test_is_one_for_all_tabs_and_goes_over_to_the_next(
        self, context: BrowserContext, product: Product
    ) -> None:
        position = open_position(product)
        path = f"/positions/{position['id']}"
        first, asked_by_first = opened(context, path)
        second, asked_by_second = opened(context, path)
        assert (asked_by_first.count("stream"), asked_by_second.count("stream")) == (1, 0)
        answered(product.backend.client.post(f"/v1{path}/start"))
        for page in (first, second):
            expect(page.locator("main").get_by_text("Running")).to_be_visible()
        first.close()
        answered(product.backend.client.post(f"/v1{path}/pause"))
        expect(second.locator("main").get_by_text("Paused")).to_be_visible()
        assert asked_by_second.count("stream") == 1

    def test_makes_asking_needless(self, context: BrowserContext, product: Product) -> None:
        open_position(product)
        page, asked = opened(context, "/")
        expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)
        page.wait_for_load_state("load")
        asked.clear()
        page.clock.fast_forward(14_000)
        page.clock.run_for(1000)
        assert [path for path in asked if path.startswith("positions")] == []


class TestARunThatGoesOn:
    def test_shows_its_progress_its_curve_its_pace_and_its_end(
        self, context: BrowserContext, product: Product, shared: RedisEventStream
    ) -> None:
        run = _running(product)
        page, asked = opened(context, f"/lab/{run.id}")
        told = {"id": run.id, "job": "simulation", "status": "running", "total": run.total}
        curve: list[Body] = []
        for day in range(10, 30):
            curve.append({"at": f"2023-01-{day}T21:00:00Z", "equity": f"{10_000 + 7 * day}"})
            shared.publish(kind="job", body={**told, "done": day, "curve": list(curve)})
            page.wait_for_timeout(80)
        bar = page.get_by_role("progressbar", name="Bars decided")
        expect(bar).to_have_attribute("aria-valuenow", "29")
        expect(page.locator(".chart canvas").first).to_be_visible()
        drawn = page.locator("[data-q='simulation.partial_curve.equity']")
        expect(drawn).to_have_text("$10,203.00")
        expect(page.get_by_text(re.compile(r"bars a second, about .* left"))).to_be_visible()

        page.get_by_role("button", name="Cancel simulation").click()
        expect(page.get_by_role("button", name="Cancel simulation")).to_be_enabled()
        with product.store.shelf() as shelf:
            shelf.save_run(run=replace(run, status=RunStatus.CANCELLED, finished_at=run.started_at))
        asked.clear()
        shared.publish(kind="job", body={**told, "status": "cancelled", "done": 29, "curve": []})
        expect(page.get_by_text("The simulation was cancelled")).to_be_visible()
        assert f"simulations/{run.id}" in asked


def _running(product: Product) -> RunRecord:
    """Return a run that is under way in the book, and that nobody computes."""
    client = product.backend.client
    (dataset,) = (each for each in items_of(client, "/v1/datasets") if each["symbol"] == "KO")
    wish = {
        "dataset_id": dataset["id"],
        "start": dataset["first_session"],
        "end": dataset["last_session"],
        "opening": {"cash": "6000", "shares": "100"},
        "execution": {"model": "close"},
    }
    started = answered(client.post("/v1/simulations", json=wish), 202)
    with product.store.shelf() as shelf:
        queued = shelf.get_run(run_id=started["id"])
        run = replace(
            queued,
            id=RandomIds().new(),
            status=RunStatus.RUNNING,
            done=0,
            result=None,
            finished_at=None,
            started_at=queued.created_at,
        )
        shelf.add_run(run=run)
    answered(client.delete(f"/v1/simulations/{started['id']}"))
    return run
