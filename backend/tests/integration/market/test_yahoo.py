import gc
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.yahoo import YahooMarket
from app.adapters.market.yahoo_access import ALLOWANCE
from app.domain.errors import ProviderError
from app.domain.observation import MarketPhase, Observation
from tests.fakes.clock import FakeClock
from tests.integration.market.conftest import AFTER_EVERY_RECORDING, Opens
from tests.yahoo_market import yahoo_market
from tests.yahoo_replay import INVALID_CRUMB, Answer, YahooReplay, ko_closes, quote_answer

AT = datetime(2024, 3, 8, 20, 59, 59, tzinfo=UTC)
CRUMB = "/v1/test/getcrumb"


def error_of(observe: Callable[[], Observation]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        observe()
    return caught.value


class TestObserve:
    def test_reads_price_quote_and_time(self, yahoo: YahooReplay, market: YahooMarket) -> None:
        yahoo.quote(
            "KO", price="59.520000", at=AT, bid="59.51", ask="59.53", previous_close="59.439999"
        )

        seen = market.observe(symbol="KO")

        assert (seen.price, seen.bid, seen.ask) == (595200, 595100, 595300)
        assert seen.previous_close == 594400  # 59.439999 rounded half up
        assert seen.observed_at == AT
        assert seen.received_at == AFTER_EVERY_RECORDING
        assert (seen.delay_minutes, seen.market_phase) == (0, MarketPhase.REGULAR)

    def test_follows_the_recorded_closes_of_a_year(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        closes = ko_closes()
        yahoo.walk("KO", prices=closes, start=AT, step=timedelta(days=1))

        seen = [market.observe(symbol="KO") for _ in closes]

        assert [each.price for each in seen] == [round(float(c) * 10_000) for c in closes]
        assert [each.observed_at for each in seen] == [
            AT + timedelta(days=n) for n in range(len(closes))
        ]

    def test_asks_for_cookie_and_crumb_at_the_base_url(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.quote("KO", price="59.52", at=AT)

        market.observe(symbol="KO")
        market.observe(symbol="KO")

        cookie, crumb, *quotes = yahoo.requests
        assert (cookie, crumb) == ("/", CRUMB)
        assert len(quotes) == yahoo.quotes("KO") == 2

    def test_follows_no_redirect_to_another_host(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        with YahooReplay() as other:
            elsewhere = {"Location": f"{other.base_url}/v7/finance/quote?symbols=KO"}
            yahoo.script("KO", Answer(status=302, body=b"", headers=elsewhere))

            error = error_of(lambda: market.observe(symbol="KO"))

            assert error.code == "UNAVAILABLE"
            assert other.requests == ()

    def test_renews_a_crumb_that_expired(self, yahoo: YahooReplay, market: YahooMarket) -> None:
        yahoo.quote("KO", price="59.52", at=AT)
        market.observe(symbol="KO")
        yahoo.expire_crumb()

        assert market.observe(symbol="KO").price == 595200
        assert yahoo.quotes("KO") == 3
        assert yahoo.requests.count("/") == 2  # the cookie too

    def test_gives_up_when_a_new_crumb_is_refused_too(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.script("KO", Answer(status=401, body=INVALID_CRUMB))

        error = error_of(lambda: market.observe(symbol="KO"))

        assert error.code == "UNAVAILABLE"
        assert "cookie or crumb" in str(error)
        assert yahoo.quotes("KO") == 2

    @pytest.mark.parametrize("status", [429, 404, 400, 422])
    def test_accepts_a_refusal_at_once(
        self, yahoo: YahooReplay, market: YahooMarket, status: int
    ) -> None:
        yahoo.script("KO", Answer(status=status, body=b""))

        error_of(lambda: market.observe(symbol="KO"))

        assert yahoo.quotes("KO") == 1

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_makes_three_attempts_at_an_outage_and_no_more(
        self, yahoo: YahooReplay, market: YahooMarket, status: int
    ) -> None:
        yahoo.script("KO", Answer(status=status, body=b""))

        error = error_of(lambda: market.observe(symbol="KO"))

        assert (error.code, yahoo.quotes("KO")) == ("UNAVAILABLE", 3)
        assert f"status {status}" in str(error)

    def test_says_why_it_leaves_a_failing_yahoo_alone(
        self, yahoo: YahooReplay, tmp_path: Path, clock: FakeClock, calendar: ExchangeCalendar
    ) -> None:
        market = yahoo_market(
            base_url=yahoo.base_url,
            cache_dir=tmp_path,
            clock=clock,
            calendar=calendar,
            allowance=ALLOWANCE,
        )
        yahoo.script("KO", Answer(status=503, body=b""))
        for _ in range(2):
            error_of(lambda: market.observe(symbol="KO"))
        asked = yahoo.quotes("KO")

        error = error_of(lambda: market.observe(symbol="KO"))

        assert (error.code, yahoo.quotes("KO")) == ("UNAVAILABLE", asked)
        assert "was not asked for KO" in str(error)
        assert "just before: it answered with status 503." in str(error)

    def test_pauses_between_attempts_for_a_random_time(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
    ) -> None:
        yahoo.script("KO", Answer(status=503, body=b""))

        pauses = set[timedelta]()
        for _ in range(5):
            before = clock.now()
            error_of(lambda: market.observe(symbol="KO"))
            pauses.add(clock.now() - before)

        assert len(pauses) == 5
        assert all(timedelta(0) < pause < timedelta(seconds=2) for pause in pauses)

    def test_passes_on_how_long_yahoo_asks_to_wait(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.script("KO", Answer(status=429, body=b"", headers={"Retry-After": "17"}))

        error = error_of(lambda: market.observe(symbol="KO"))

        assert (error.code, error.retry_after_seconds) == ("RATE_LIMITED", 17)
        assert "17 seconds" in str(error)

    @pytest.mark.parametrize("wait", ["", "-5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 30])
    def test_has_its_own_waiting_time_for_an_unusable_one(
        self, yahoo: YahooReplay, market: YahooMarket, wait: str
    ) -> None:
        yahoo.script("KO", Answer(status=429, body=b"", headers={"Retry-After": wait}))

        error = error_of(lambda: market.observe(symbol="KO"))

        assert 60 <= error.retry_after_seconds <= 86_400

    def test_recognises_a_refusal_without_its_status(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.script("KO", Answer(status=200, body=b"Edge: Too Many Requests"))

        assert error_of(lambda: market.observe(symbol="KO")).code == "RATE_LIMITED"

    @pytest.mark.parametrize("status", [429, 500])
    def test_tells_that_the_crumb_was_refused(
        self, yahoo: YahooReplay, market: YahooMarket, status: int
    ) -> None:
        yahoo.script(CRUMB, Answer(status=status, body=b""))

        error = error_of(lambda: market.observe(symbol="KO"))

        assert error.code == ("RATE_LIMITED" if status == 429 else "UNAVAILABLE")
        assert yahoo.quotes("KO") == 0

    def test_ends_within_the_time_limit(self, yahoo: YahooReplay, opens: Opens) -> None:
        market = opens(base_url=yahoo.base_url, timeout_seconds=0.3)
        yahoo.quote("KO", price="59.52", at=AT)
        market.observe(symbol="KO")
        yahoo.script("KO", Answer(body=b"", delay_seconds=5))
        started = time.monotonic()

        error = error_of(lambda: market.observe(symbol="KO"))

        assert time.monotonic() - started < 2
        assert error.code == "UNAVAILABLE"
        assert "within 0.3 seconds" in str(error)

    def test_says_that_nobody_listens(self, opens: Opens) -> None:
        with YahooReplay() as gone:
            market = opens(base_url=gone.base_url)

        error = error_of(lambda: market.observe(symbol="KO"))

        assert error.code == "UNAVAILABLE"
        assert "the connection failed" in str(error)

    def test_gets_over_an_outage_of_moments(self, yahoo: YahooReplay, market: YahooMarket) -> None:
        down = Answer(status=503, body=b"")
        yahoo.script("KO", down, down, quote_answer("KO", price="59.52", at=AT))

        assert market.observe(symbol="KO").price == 595200

    @pytest.mark.parametrize("symbol", ["", "ko", "AAPL,MSFT", "K O", "KO\n", "K" * 21, "../KO"])
    def test_does_not_ask_for_what_is_no_symbol(
        self, yahoo: YahooReplay, market: YahooMarket, symbol: str
    ) -> None:
        error = error_of(lambda: market.observe(symbol=symbol))

        assert error.code == "UNKNOWN_SYMBOL"
        assert yahoo.requests == ()

    def test_says_which_folder_to_delete_when_the_kept_cookie_is_broken(
        self, yahoo: YahooReplay, tmp_path: Path, opens: Opens
    ) -> None:
        market = opens(base_url=yahoo.base_url)
        (tmp_path / "yahoo").mkdir()
        (tmp_path / "yahoo" / "cookies.db").write_bytes(b"this is not a database" * 100)
        yahoo.quote("KO", price="59.52", at=AT)
        forget_the_cookie_file_of_earlier_tests()

        error = error_of(lambda: market.observe(symbol="KO"))

        forget_the_cookie_file_of_earlier_tests()
        assert error.code == "UNAVAILABLE"
        assert str(tmp_path / "yahoo") in str(error)

    def test_says_which_folder_cannot_be_written(
        self, yahoo: YahooReplay, tmp_path: Path, opens: Opens
    ) -> None:
        (tmp_path / "yahoo").write_text("a file where the folder should be")

        error = error_of(lambda: opens(base_url=yahoo.base_url).observe(symbol="KO"))

        assert error.code == "UNAVAILABLE"
        assert str(tmp_path / "yahoo") in str(error)


def forget_the_cookie_file_of_earlier_tests() -> None:
    # yfinance opens its cookie file once a process.
    from yfinance.cache import _CookieCacheManager

    _CookieCacheManager._Cookie_cache = None
    gc.collect()


class TestObserveFromManyThreads:
    def test_asks_once_and_gives_all_the_same_answer(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        slow = quote_answer("KO", price="59.52", at=AT)
        yahoo.script("KO", Answer(body=slow.body, delay_seconds=0.5))

        seen = self.observe_together(market, times=50)

        assert yahoo.quotes("KO") == 1
        assert seen == [seen[0]] * 50
        assert isinstance(seen[0], Observation)

    def test_asks_once_and_gives_all_the_same_error(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.script("KO", Answer(status=429, body=b"", delay_seconds=0.5))

        seen = self.observe_together(market, times=50)

        assert yahoo.quotes("KO") == 1
        assert [str(each) for each in seen] == [str(seen[0])] * 50
        assert all(isinstance(each, ProviderError) for each in seen)

    def test_does_not_let_one_symbol_wait_for_another(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.quote("KO", price="59.52", at=AT)
        market.observe(symbol="KO")
        yahoo.script("MSFT", Answer(status=404, body=b"", delay_seconds=1))
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(error_of, lambda: market.observe(symbol="MSFT"))
            while yahoo.quotes("MSFT") == 0:
                time.sleep(0.01)

            assert market.observe(symbol="KO").price == 595200
            assert not waits.done()

    def observe_together(self, market: YahooMarket, *, times: int) -> list[object]:
        ready = threading.Barrier(times)

        def observe() -> object:
            ready.wait(timeout=10)
            try:
                return market.observe(symbol="KO")
            except ProviderError as error:
                return error

        with ThreadPoolExecutor(times) as pool:
            return [each.result() for each in [pool.submit(observe) for _ in range(times)]]
