"""Asks Alpaca's HTTP API: one request a call, never repeated, and bounded in time and size."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from app.adapters.broker.alpaca_credentials import Credentials
from app.domain.errors import FieldError, InvalidInputError

_BODY_BYTES_MAX = 16_000_000  # 500 orders, the longest answer, take about half a million
_RETRY_AFTER_SECONDS_MAX = 120
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status, body, and how long Alpaca asks us to wait, if it does.

    `status` is None when no whole answer came; `problem` then says why. `begun` is whether any
    of the request left, as far as that was asked for.
    """

    status: int | None
    body: bytes
    retry_after_seconds: int | None
    problem: str
    begun: bool = True


class _TooLateError(Exception):
    """A request that may not begin any more."""


class AlpacaClient:
    """A connection to one of Alpaca's hosts; safe to share between threads.

    `timeout_seconds` limits connecting, each wait for the next bytes, and the answer as a whole.
    What went wrong is part of the answer: an exception of httpx would carry the request, and with
    it the keys.

    Raises
    ------
    InvalidInputError
        When `base_url` would send the keys unencrypted to another machine.
    """

    def __init__(self, *, base_url: str, credentials: Credentials, timeout_seconds: float) -> None:
        assert timeout_seconds > 0, "a question to a broker has a time limit"
        secure = _is_secure(base_url)
        self._timeout_seconds = timeout_seconds
        self._http = httpx.Client(
            base_url=base_url,
            headers={
                "APCA-API-KEY-ID": credentials.key_id,
                "APCA-API-SECRET-KEY": credentials.secret,
                "Accept": "application/json",
            },
            timeout=timeout_seconds,
            follow_redirects=False,  # another host would get the keys, and the order twice
            verify=secure,  # to this machine there is no certificate, and loading them takes time
            trust_env=secure,  # a proxy of the surroundings has no business on this machine
        )

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a question."""
        return self._ask("GET", path, parameters=parameters)

    def post(
        self, path: str, body: Mapping[str, str | bool], *, in_time: Callable[[], bool]
    ) -> Answer:
        """Return the answer to a request that is sent once, and only when it is `in_time`.

        That is asked when the connection is there: making one may take seconds.
        """

        def looked(event: str, _details: object) -> None:
            if event.endswith(".send_request_headers.started") and not in_time():
                raise _TooLateError

        try:
            return self._ask("POST", path, body=body, trace=looked)
        except _TooLateError:
            return _unanswered("what allowed it did not hold any more", begun=False)

    def delete(self, path: str) -> Answer:
        """Return the answer to a request for an end."""
        return self._ask("DELETE", path)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, str | bool] | None = None,
        trace: Callable[[str, object], None] | None = None,
    ) -> Answer:
        deadline = time.monotonic() + self._timeout_seconds
        extensions = None if trace is None else {"trace": trace}
        try:
            with self._http.stream(
                method, path, params=parameters, json=body, extensions=extensions
            ) as response:
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > _BODY_BYTES_MAX:
                        return _unanswered("its answer is too large to be one")
                    if time.monotonic() > deadline:
                        return self._late()
                return Answer(
                    status=response.status_code,
                    body=bytes(received),
                    retry_after_seconds=_retry_after_seconds(response),
                    problem="",
                )
        except httpx.ConnectTimeout:
            return _unanswered(f"no connection in {self._timeout_seconds:g} seconds")
        except httpx.TimeoutException:
            return self._late()
        except httpx.ConnectError:
            return _unanswered("no connection could be made")
        except httpx.HTTPError:
            return _unanswered("the connection broke before the answer was complete")

    def _late(self) -> Answer:
        return _unanswered(f"no complete answer in {self._timeout_seconds:g} seconds")


def _unanswered(problem: str, *, begun: bool = True) -> Answer:
    return Answer(status=None, body=b"", retry_after_seconds=None, problem=problem, begun=begun)


def _retry_after_seconds(response: httpx.Response) -> int | None:
    wait = response.headers.get("retry-after", "")
    if not (wait.isascii() and wait.isdigit() and len(wait) < 10):
        return None
    return max(1, min(int(wait), _RETRY_AFTER_SECONDS_MAX))


def _is_secure(base_url: str) -> bool:
    """Return whether the URL is encrypted; one that is not may only lead to this machine."""
    parts = urlsplit(base_url)
    if parts.scheme == "https" and parts.hostname:
        return True
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return False
    raise InvalidInputError(
        FieldError(
            field="Alpaca URL",
            message="would send the keys unencrypted, or nowhere",
            allowed="an https URL, or an http URL of this machine",
        )
    )
