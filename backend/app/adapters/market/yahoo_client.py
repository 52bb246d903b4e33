"""Asks Yahoo's quote and chart endpoints, with the pass of an earlier start or through yfinance.

yfinance obtains the cookie and the crumb that Yahoo wants to see; both are kept, and a start that
finds them asks in the same session without yfinance, until Yahoo wants new ones.

Importing this module imports curl_cffi: import it when the first question is asked.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from curl_cffi.requests import Response
from curl_cffi.requests.exceptions import DNSError, RequestException, Timeout

from app.adapters.market.yahoo_answer import Answer, Question
from app.adapters.market.yahoo_pass import YahooPass, keep_pass, read_pass
from app.adapters.market.yahoo_session import (
    RENEWS_CRUMB,
    AnsweredError,
    NotAdmittedError,
    YahooSession,
)

if TYPE_CHECKING:
    from app.adapters.market.yahoo_entrance import YahooEntrance

_KEPT_IN = "pass.json"
_HOST = "https://query1.finance.yahoo.com"
_CONSENT_HOST = "consent.yahoo.com"


class YahooClient:
    """One session with Yahoo Finance, shared by all threads of the process.

    One attempt a question: only a cookie or crumb that is no longer accepted is renewed, once.
    `cache_dir` keeps both between starts.
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
        self._base_url = base_url
        self._cache_dir = cache_dir
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._session = YahooSession(base_url=base_url)
        self._entering = threading.Lock()
        self._entrance: YahooEntrance | None = None
        self._kept = read_pass(self._pass_file, base_url=base_url)
        if self._kept is not None:
            self._session.admit(self._kept.cookies)

    @property
    def _pass_file(self) -> Path:
        return self._cache_dir / _KEPT_IN

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Limit what this thread asks inside the block to the time limit, all attempts together."""
        with self._session.within(seconds=self._timeout_seconds):
            yield

    def ask(self, question: Question) -> Answer:
        """Return what Yahoo answers, whatever its status, or why it did not; inside `in_time`."""
        url, parameters = _HOST + quote(question.path), question.parameters
        with self._session.counting() as requests:
            try:
                response = self._get_with_pass(url, parameters) or self._get(url, parameters)
            except AnsweredError as refusal:
                response = refusal.response
            except (RequestException, NotAdmittedError) as error:
                return self._unanswered(error, requests=requests())
            return self._answer(response, requests=requests())

    def _get_with_pass(self, url: str, parameters: Mapping[str, str]) -> Response | None:
        """Return what Yahoo answers to the kept pass; None when there is none that it accepts."""
        kept = self._kept
        if kept is None:
            return None
        response = self._session.get(url, params={**parameters, "crumb": kept.crumb})
        host = urlsplit(response.url).hostname or ""
        if response.status_code not in RENEWS_CRUMB and not host.endswith(_CONSENT_HOST):
            return response
        self._kept = None
        return None

    def _get(self, url: str, parameters: Mapping[str, str]) -> Response:
        entrance = self._entered()
        before = entrance.crumb
        response = entrance.get(url, parameters)
        crumb = entrance.crumb
        if crumb is not None and crumb != before and response.status_code not in RENEWS_CRUMB:
            given = YahooPass(crumb=crumb, cookies=self._session.pass_cookies())
            keep_pass(self._pass_file, base_url=self._base_url, given=given)
        return response

    def _entered(self) -> "YahooEntrance":
        # Imported when it is needed, because yfinance and pandas cost a second.
        from app.adapters.market.yahoo_entrance import YahooEntrance

        with self._entering:
            if self._entrance is None:
                self._entrance = YahooEntrance(session=self._session, cache_dir=self._cache_dir)
            return self._entrance

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

    def _unanswered(self, error: RequestException | NotAdmittedError, *, requests: int) -> Answer:
        return Answer(
            status=None,
            body=b"",
            retry_after_seconds=None,
            problem=self._problem(error),
            passes=isinstance(error, RequestException) and not isinstance(error, Timeout),
            requests=requests,
            received_at=self._now(),
        )

    def _problem(self, error: RequestException | NotAdmittedError) -> str:
        match error:
            case NotAdmittedError():
                return str(error)
            case DNSError():
                return "its host name could not be resolved (DNS)"
            case Timeout():
                return f"it did not answer within {self._timeout_seconds:g} seconds"
            case _:
                return "the connection failed"
