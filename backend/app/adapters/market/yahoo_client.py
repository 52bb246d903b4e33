"""Asks Yahoo's quote and chart endpoints through yfinance's session, cookie and crumb.

`YfData`, the layer of yfinance that speaks to Yahoo, is used instead of `Ticker`. `Ticker.info`
needs three requests a symbol and overwrites the symbol of the answer with the one asked for.
`Ticker.history` answers a second read of past bars out of its own memory, drops rows without
prices, and turns numbers into floats and pandas frames. The raw answer is neither adjusted nor
repaired (auto_adjust, back_adjust and repair have nothing to act on) and read exactly.

Importing this module imports yfinance and curl_cffi, which costs a second: import it when the
first question is asked.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from pickle import PickleError
from typing import Any, override
from urllib.parse import quote, urlsplit

import yfinance
from curl_cffi import CurlOpt
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import DNSError, RequestException, Timeout
from peewee import PeeweeException
from yfinance.data import YfData
from yfinance.exceptions import YFException

from app.adapters.market.yahoo_answer import Answer, Question

_HOST = "https://query1.finance.yahoo.com"
# The host that hands out the cookie does so with a 404; these mean it.
_QUESTIONS = ("/v7/finance/quote", "/v8/finance/chart/", "/v1/test/getcrumb")
_RENEWS_CRUMB = (401, 403)
_COOKIE_HOST = "fc.yahoo.com"
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
        self._cookie_answer: Response | None = None

    @contextmanager
    def within(self, *, seconds: float) -> Iterator[None]:
        """Limit all requests that this thread makes inside the block to `seconds` together."""
        self._asking.deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._asking.deadline

    @contextmanager
    def counting(self) -> Iterator[Callable[[], int]]:
        """Count the requests that this thread sends inside the block."""
        self._asking.requests = 0
        yield lambda: int(self._asking.requests)

    @override
    def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Response:
        # Where yfinance cannot store the cookie, it would ask for it with every question.
        hands_out_cookie = urlsplit(url).hostname == _COOKIE_HOST
        if hands_out_cookie and self._cookie_answer is not None:
            return self._cookie_answer
        remaining = self._asking.deadline - time.monotonic()
        if remaining < 0.001:  # libcurl counts whole milliseconds and takes 0 as "no limit"
            raise Timeout("no time is left for another request")
        options["timeout"] = remaining
        if self._only_at is not None:
            options["allow_redirects"] = False
        self._asking.requests += 1
        response = super().request(method, self._addressed(url), *arguments, **options)
        if _is_final_refusal(url=url, status=response.status_code):
            raise _AnsweredError(response)
        if hands_out_cookie:
            self._cookie_answer = response
        elif response.status_code in _RENEWS_CRUMB:
            self._cookie_answer = None
        return response

    def _addressed(self, url: str) -> str:
        if self._only_at is None:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._only_at.rstrip('/')}{parts.path}{query}"


def _is_final_refusal(*, url: str, status: int) -> bool:
    asks = urlsplit(url).path.startswith(_QUESTIONS)
    return status == 429 or (asks and status >= 400 and status not in _RENEWS_CRUMB)


class YahooClient:
    """One session with Yahoo Finance, shared by all threads of the process.

    One attempt a question: only a cookie or crumb that is no longer accepted is renewed, once.
    `cache_dir` keeps the cookie between starts.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        cache_dir: Path,
        timeout_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        assert timeout_seconds > 0, "a question to Yahoo has a time limit"
        cache_dir.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(cache_dir))
        yfinance.config.debug.hide_exceptions = False
        self._cache_dir = cache_dir
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._session = _YahooSession(base_url=base_url)
        # Past the metaclass, which would share one cookie and crumb between all base URLs.
        self._data = type.__call__(YfData, self._session)

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Limit what this thread asks inside the block to the time limit, all attempts together."""
        with self._session.within(seconds=self._timeout_seconds):
            yield

    def ask(self, question: Question) -> Answer:
        """Return what Yahoo answers, whatever its status, or why it did not; inside `in_time`."""
        url = _HOST + quote(question.path)
        with self._session.counting() as requests:
            try:
                response = self._data.get(url, params=dict(question.parameters))
            except _AnsweredError as refusal:
                response = refusal.response
            except _NOT_ASKED as error:
                return self._unanswered(error, requests=requests())
            return self._answer(response, requests=requests())

    def _answer(self, response: Response, *, requests: int) -> Answer:
        wait = response.headers.get("retry-after", "")
        return Answer(
            status=response.status_code,
            body=response.content,
            retry_after_seconds=int(wait) if wait.isascii() and wait.isdigit() else None,
            problem="",
            passes=response.status_code >= 500,
            requests=requests,
            received_at=self._now(),
        )

    def _unanswered(self, error: Exception, *, requests: int) -> Answer:
        return Answer(
            status=None,
            body=b"",
            retry_after_seconds=None,
            problem=self._problem(error),
            passes=isinstance(error, RequestException) and not isinstance(error, Timeout),
            requests=requests,
            received_at=self._now(),
        )

    def _problem(self, error: Exception) -> str:
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
