"""Asks Yahoo's quote endpoint through yfinance's session, cookie and crumb.

`yfinance.Ticker.info` needs three requests a symbol, overwrites the symbol of the answer with the
one asked for and turns prices into floats. `YfData`, the layer below it, is used instead: it gives
the raw answer of the one endpoint that has price, time, bid, ask and session together.

Importing this module imports yfinance and curl_cffi, which costs a second: import it when the
first quote is asked for.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import PickleError
from typing import Any, override
from urllib.parse import urlsplit

import yfinance
from curl_cffi import CurlOpt
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import DNSError, RequestException, Timeout
from peewee import PeeweeException
from yfinance.data import YfData
from yfinance.exceptions import YFException

from app.adapters.market.yahoo_failures import unavailable

_QUOTE_URL = "https://query1.finance.yahoo.com/v7/finance/quote"
_CRUMB_PATH = "/v1/test/getcrumb"
_RENEWS_CRUMB = (401, 403)
# What curl, the cookie file, and yfinance over a cookie or consent page it cannot make out, raise.
_NOT_ASKED = (
    RequestException,
    PeeweeException,
    PickleError,
    YFException,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OSError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status, body and how long the provider asks us to wait."""

    status: int
    body: bytes
    retry_after_seconds: int | None


class _AnsweredError(Exception):
    """Carries a final refusal out of yfinance, which would answer it with more requests."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"status {response.status_code}")
        self.response = response


class _YahooSession(Session[Response]):
    """An HTTP session that knows one deadline for a whole question and, if told, one host.

    With a base URL every request of yfinance, cookie and crumb included, goes there: no redirect
    is followed and no proxy is used, so that no other host is ever contacted.
    """

    def __init__(self, *, base_url: str | None) -> None:
        super().__init__(
            impersonate="chrome",
            trust_env=base_url is None,
            curl_options={} if base_url is None else {CurlOpt.NOPROXY: "*"},
        )
        self._only_at = base_url
        self._asking = threading.local()

    @contextmanager
    def within(self, *, seconds: float) -> Iterator[None]:
        """Limit all requests that this thread makes inside the block to `seconds` together."""
        self._asking.deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._asking.deadline

    @override
    def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Response:
        remaining = self._asking.deadline - time.monotonic()
        if remaining < 0.001:  # libcurl counts whole milliseconds and takes 0 as "no limit"
            raise Timeout("no time is left for another request")
        options["timeout"] = remaining
        if self._only_at is not None:
            options["allow_redirects"] = False
        response = super().request(method, self._addressed(url), *arguments, **options)
        if self._is_final_refusal(response):
            raise _AnsweredError(response)
        return response

    def _addressed(self, url: str) -> str:
        if self._only_at is None:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._only_at.rstrip('/')}{parts.path}{query}"

    def _is_final_refusal(self, response: Response) -> bool:
        # The host that hands out the cookie does so with a 404.
        asks = urlsplit(response.url).path.endswith((urlsplit(_QUOTE_URL).path, _CRUMB_PATH))
        status = response.status_code
        return status == 429 or (asks and status >= 400 and status not in _RENEWS_CRUMB)


class YahooClient:
    """One session with Yahoo Finance, shared by all threads of the process.

    One attempt a question: only a cookie or crumb that is no longer accepted is renewed, once.
    `cache_dir` keeps the cookie between starts.
    """

    def __init__(self, *, base_url: str | None, cache_dir: Path, timeout_seconds: float) -> None:
        assert timeout_seconds > 0, "a question to Yahoo has a time limit"
        cache_dir.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(cache_dir))
        yfinance.config.debug.hide_exceptions = False
        self._cache_dir = cache_dir
        self._timeout_seconds = timeout_seconds
        self._session = _YahooSession(base_url=base_url)
        # Past the metaclass, which would share one cookie and crumb between all base URLs.
        self._data = type.__call__(YfData, self._session)

    def quote(self, *, symbol: str) -> Answer:
        """Return Yahoo's answer about `symbol`, whatever its status.

        Raises
        ------
        ProviderError
            UNAVAILABLE when no answer came within the time limit, or no session could be opened.
        """
        parameters = {"symbols": symbol, "formatted": "false", "lang": "en-US", "region": "US"}
        try:
            with self._session.within(seconds=self._timeout_seconds):
                return _answer(self._data.get(_QUOTE_URL, params=parameters))
        except _AnsweredError as refusal:
            return _answer(refusal.response)
        except _NOT_ASKED as error:
            raise unavailable(symbol=symbol, reason=self._reason(error)) from error

    def _reason(self, error: Exception) -> str:
        match error:
            case DNSError():
                return "its host name could not be resolved (DNS)"
            case Timeout():
                return f"it did not answer within {self._timeout_seconds:g} seconds"
            case RequestException():
                return "the connection failed"
            case PeeweeException() | PickleError():
                return (
                    f"its cookie, kept in {self._cache_dir}, cannot be read or written;"
                    " delete that folder and restart"
                )
            case _:
                return "no session with it could be opened (cookie, crumb)"


def _answer(response: Response) -> Answer:
    wait = response.headers.get("retry-after", "")
    return Answer(
        status=response.status_code,
        body=response.content,
        retry_after_seconds=int(wait) if wait.isascii() and wait.isdigit() else None,
    )
