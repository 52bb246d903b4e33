"""Price data from the provider to the page: fetched, assessed, versioned, and shown."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from app.simulation.bars import Adjustment, Bars
from tests.e2e.conftest import Product
from tests.e2e.screen import PATIENCE_MILLISECONDS
from tests.e2e.wire import Body, answered, fields, items_of, problem
from tests.integration.simulation.recorded import BUNDLED, read_daily
from tests.yahoo_replay import Answer, ChartRow, chart_answer, chart_path

PATIENCE_SECONDS = 60
NEW_YORK = ZoneInfo("America/New_York")
WISH = {"symbol": "KO", "resolution": "1d", "start": "2012-07-02", "end": "2012-12-31"}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LIVE = {"queued", "running"}
expect.set_options(timeout=PATIENCE_MILLISECONDS)


def price(ticks: int) -> str:
    return f"{ticks // 10_000}.{ticks % 10_000:04d}"


def chart_rows(bars: Bars, *, start: date, end: date) -> list[ChartRow]:
    return [
        (
            datetime.combine(bars.session(i), time_of_day(9, 30), NEW_YORK).astimezone(UTC),
            price(bars.opens[i]),
            price(bars.highs[i]),
            price(bars.lows[i]),
            price(bars.closes[i]),
            bars.volumes[i],
        )
        for i in range(len(bars))
        if start <= bars.session(i) <= end
    ]


def events_of(bars: Bars) -> Body:
    """Return the recorded actions as Yahoo writes them, with a spin-off booked as a split."""

    def moment(on: date) -> int:
        return int(datetime.combine(on, time_of_day(9, 30), NEW_YORK).timestamp())

    ratios = [(split.ex_date, split.numerator, split.denominator) for split in bars.splits]
    ratios.append((date(2012, 10, 1), 1324, 1000))
    return {
        "dividends": {
            str(moment(d.ex_date)): {"amount": d.per_share / 10**6, "date": moment(d.ex_date)}
            for d in bars.dividends
        },
        "splits": {
            str(moment(on)): {"date": moment(on), "numerator": new, "denominator": old}
            for on, new, old in ratios
        },
    }


KO = read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)
ROWS = chart_rows(KO, start=date(2012, 6, 1), end=date(2013, 3, 28))


def give(product: Product, rows: list[ChartRow]) -> None:
    answer = chart_answer("KO", interval="1d", rows=rows, events=events_of(KO))
    product.yahoo.script(chart_path("KO"), answer)


def fetched(client: httpx.Client, **changes: str) -> Body:
    submitted = client.post("/v1/datasets/fetch", json=WISH | changes)
    job = answered(submitted, 202)
    path = submitted.headers["location"]
    assert path == f"/v1/datasets/fetches/{job['id']}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (job := answered(client.get(path)))["status"] in LIVE:
        assert 0 <= job["done"] <= job["total"]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return job


class TestAFetchOverHttp:
    def test_ends_with_a_dataset_as_traded_and_what_was_kept_apart(self, product: Product) -> None:
        client = product.backend.client
        give(product, ROWS)
        job = fetched(client)
        assert (job["status"], job["error"], job["done"], job["total"]) == (
            "completed",
            None,
            1,
            1,
        )
        dataset = answered(client.get(f"/v1/datasets/{job['dataset_id']}"))
        assert (dataset["adjustment"], dataset["splits"], dataset["parent_id"]) == ("raw", 1, None)
        assert (dataset["first_session"], dataset["last_session"]) == ("2012-07-02", "2012-12-31")
        (apart,) = dataset["provenance"]["quarantine"]
        assert (apart["kind"], apart["value"], apart["ex_date"]) == (
            "split",
            "331:250",
            "2012-10-01",
        )
        assert "quarantined" in [finding["code"] for finding in dataset["findings"]]
        problem(client.get(f"/v1/datasets/{dataset['id']}/diff"), 404)
        assert job in items_of(client, "/v1/datasets/fetches")

    def test_of_revised_prices_is_a_version_that_says_what_changed(self, product: Product) -> None:
        client = product.backend.client
        give(product, ROWS)
        before = fetched(client, start="2012-11-01")["dataset_id"]
        index = next(i for i, row in enumerate(ROWS) if row[0].month == 12 and row[3] != row[4])
        at, opened, high, low, _, volume = ROWS[index]
        revised = [*ROWS[:index], (at, opened, high, low, low, volume), *ROWS[index + 1 :]]
        give(product, revised)
        # From a day later on: equal questions share one answer for half a minute.
        after = fetched(client, start="2012-11-02")["dataset_id"]
        diff = answered(client.get(f"/v1/datasets/{after}/diff"))
        assert diff["parent_id"] == before
        assert (diff["added"], diff["removed"], diff["changed"]) == (0, 1, 1)
        (change,) = diff["changes"]
        assert (change["place"], change["what"]) == (at.date().isoformat(), "close")

    def test_outside_what_the_provider_keeps_is_refused_with_the_range(
        self, product: Product
    ) -> None:
        client = product.backend.client
        asked = len(product.yahoo.requests)
        ranges = answered(client.get("/v1/datasets/ranges", params={"symbol": "KO"}))["items"]
        (minute,) = (each for each in ranges if each["resolution"] == "1m")
        refused = client.post("/v1/datasets/fetch", json=WISH | {"resolution": "1m"})
        assert fields(refused) == {"start": f"{minute['start']} to {minute['end']}"}
        assert fields(client.post("/v1/datasets/fetch", json=WISH | {"adjustment": "all"}))
        assert len(product.yahoo.requests) == asked

    def test_that_the_provider_refuses_says_why(self, product: Product) -> None:
        client = product.backend.client
        product.yahoo.script(chart_path("KO"), Answer(status=500, body=b""))
        job = fetched(client, start="2012-12-03")
        assert (job["status"], job["dataset_id"]) == ("failed", None)
        assert "Yahoo Finance could not be asked" in job["error"]

    def test_is_unknown_under_another_id(self, product: Product) -> None:
        path = "/v1/datasets/fetches/00000000-0000-4000-8000-000000000000"
        problem(product.backend.client.get(path), 404)
        problem(product.backend.client.delete(path), 404)

    def test_leaves_the_archive_to_the_harvest(self, product: Product) -> None:
        assert answered(product.backend.client.get("/v1/datasets/archive")) == {"items": []}


@pytest.mark.browser
class TestThePage:
    @pytest.fixture
    def page(self, product: Product, chromium: str) -> Iterator[Page]:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            page = browser.new_page(base_url=product.backend.base_url, locale="en-US")
            failures: list[str] = []
            page.on("pageerror", lambda error: failures.append(str(error)))
            yield page
            browser.close()
            assert failures == []

    def ask(self, page: Page, *, start: str, end: str) -> None:
        page.goto("/lab")
        page.get_by_role("link", name=re.compile("get data", re.IGNORECASE)).click()
        page.get_by_label("Symbol").fill("ko")
        expect(page.get_by_text("daily bars of any date up to")).to_be_visible()
        page.get_by_label("From").fill(start)
        page.get_by_label("To", exact=True).fill(end)
        page.get_by_role("button", name="Get data").click()

    def test_leads_from_a_symbol_to_its_quality_report(self, page: Page, product: Product) -> None:
        give(product, ROWS)
        self.ask(page, start="2012-07-02", end="2012-12-28")
        page.get_by_role("link", name="Open dataset").click()
        page.wait_for_url(re.compile(r"/lab/data/[0-9a-f]{16}$"))
        dataset_id = page.url.rpartition("/")[2]
        dataset = answered(product.backend.client.get(f"/v1/datasets/{dataset_id}"))
        for finding in dataset["findings"]:
            row = page.get_by_role("row").filter(has_text=finding["code"])
            expect(row).to_contain_text(finding["place"])
            expect(row).to_contain_text(finding["message"])
        expect(page.get_by_text("Yahoo Finance", exact=True)).to_be_visible()
        apart = page.get_by_role("table", name="Dividends and splits that are not booked")
        expect(apart.get_by_role("row").nth(1)).to_contain_text("2012-10-01")

    def test_says_that_the_provider_is_down_and_offers_what_is_stored(
        self, page: Page, product: Product
    ) -> None:
        product.yahoo.script(chart_path("KO"), Answer(status=500, body=b""))
        self.ask(page, start="2012-08-01", end="2012-12-28")
        expect(page.get_by_text("The prices could not be fetched")).to_be_visible()
        expect(page.get_by_text("can be used without the provider")).to_be_visible()
        expect(page.get_by_role("link", name="MSFT, daily")).to_be_visible()

    def test_names_the_field_that_is_out_of_range(self, page: Page, product: Product) -> None:
        self.ask(page, start="2012-08-01", end="2012-07-01")
        expect(page.locator(".field .error")).to_contain_text("before the start 2012-08-01")
