"""The HTTP session in which Yahoo is asked, whoever asks: this product or yfinance."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, override
from urllib.parse import urlsplit

from curl_cffi import CurlOpt
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import Timeout

from app.adapters.market.yahoo_pass import PassCookie

RENEWS_CRUMB = (401, 403)
# The host that hands out the cookie does so with a 404; these mean it.
_QUESTIONS = ("/v7/finance/quote", "/v8/finance/chart/", "/v1/test/getcrumb")
_COOKIE_HOST = "fc.yahoo.com"


class AnsweredError(Exception):
    """Carries a final refusal out of yfinance, which would answer it with more requests."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"status {response.status_code}")
        self.response = response


class NotAdmittedError(Exception):
    """Why Yahoo could not be asked at all, as part of a sentence."""


class YahooSession(Session[Response]):
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

    def admit(self, cookies: Sequence[PassCookie]) -> None:
        """Send `cookies` from now on, where they belong."""
        for cookie in cookies:
            self.cookies.set(
                cookie.name,
                cookie.value,
                domain=cookie.domain,
                path=cookie.path,
                secure=cookie.secure,
            )

    def pass_cookies(self) -> tuple[PassCookie, ...]:
        """Return the cookies that are sent."""
        return tuple(
            PassCookie(
                name=cookie.name,
                value=cookie.value or "",
                domain=cookie.domain,
                path=cookie.path,
                secure=cookie.secure,
            )
            for cookie in self.cookies.jar
        )

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
            raise AnsweredError(response)
        if hands_out_cookie:
            self._cookie_answer = response
        elif response.status_code in RENEWS_CRUMB:
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
    return status == 429 or (asks and status >= 400 and status not in RENEWS_CRUMB)
