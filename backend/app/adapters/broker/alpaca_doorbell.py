"""Hears that something happened to an order at Alpaca, and says no more than that.

The stream replays nothing and is never booked from: it only wakes those who read.
"""

import json
import logging
import threading
import time
from collections.abc import Callable

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from app.adapters.broker.alpaca_credentials import Credentials
from app.adapters.broker.alpaca_json import Record, UnreadableError, parsed, record

_log = logging.getLogger(__name__)
_FIRST_PAUSE_SECONDS = 1.0
_PAUSE_SECONDS_MAX = 60.0
_LOOK_SECONDS = 0.5
_MESSAGE_BYTES_MAX = 1_000_000


class Doorbell:
    """Rings for every message about an order, and once whenever the stream is there again.

    `stream_url` is a websocket URL; `timeout_seconds` limits connecting and each step of the
    greeting. A lost stream is logged and opened again, after `first_pause_seconds` and then with
    longer pauses up to a minute.
    """

    def __init__(
        self,
        *,
        stream_url: str,
        credentials: Credentials,
        ring: Callable[[], None],
        timeout_seconds: float,
        first_pause_seconds: float = _FIRST_PAUSE_SECONDS,
    ) -> None:
        assert timeout_seconds > 0, "a greeting has a time limit"
        assert first_pause_seconds > 0, "a stream that is refused is not asked for at once"
        self._stream_url = stream_url
        self._credentials = credentials
        self._ring = ring
        self._timeout_seconds = timeout_seconds
        self._first_pause_seconds = first_pause_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alpaca-doorbell", daemon=True)
        # The library writes every frame, the keys included, to a log of level DEBUG.
        self._frames = logging.getLogger(f"{__name__}.frames")
        self._frames.setLevel(logging.WARNING)

    def start(self) -> None:
        """Listen in a thread of its own, from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and wait until the thread ended; bounded by the time limits."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * self._timeout_seconds + 2 * _LOOK_SECONDS)

    def _run(self) -> None:
        pause = self._first_pause_seconds
        while not self._stopping.is_set():
            began = time.monotonic()
            problem = self._listen_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > _PAUSE_SECONDS_MAX:
                pause = self._first_pause_seconds
            _log.warning(
                "Alpaca's stream of order updates is away (%s). Orders are read at every tick"
                " meanwhile; the stream is opened again in %g seconds.",
                problem,
                pause,
            )
            self._stopping.wait(pause)
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)

    def _listen_once(self) -> str:
        """Listen until the stream is lost or no longer wanted, and return why it ended."""
        try:
            with connect(
                self._stream_url,
                open_timeout=self._timeout_seconds,
                close_timeout=self._timeout_seconds,
                max_size=_MESSAGE_BYTES_MAX,
                proxy=True if self._stream_url.startswith("wss:") else None,
                logger=self._frames,
            ) as stream:
                self._greet(stream)
                _log.info("Alpaca's stream of order updates is open.")
                self._ring()
                while not self._stopping.is_set():
                    if _is_message(stream):
                        self._ring()
        except UnreadableError as error:
            return str(error)
        except (OSError, EOFError, WebSocketException) as error:
            return type(error).__name__  # its text may hold what was sent
        return "it was stopped"

    def _greet(self, stream: ClientConnection) -> None:
        self._say(
            stream,
            action="authenticate",
            data={"key_id": self._credentials.key_id, "secret_key": self._credentials.secret},
        )
        answer = self._hear(stream, about="authorization")
        if answer.get("status") != "authorized":
            raise UnreadableError("it does not accept the keys")
        self._say(stream, action="listen", data={"streams": ["trade_updates"]})
        self._hear(stream, about="listening")

    def _say(self, stream: ClientConnection, *, action: str, data: Record) -> None:
        stream.send(json.dumps({"action": action, "data": data}))

    def _hear(self, stream: ClientConnection, *, about: str) -> Record:
        message = stream.recv(timeout=self._timeout_seconds, decode=False)
        answer = record(parsed(message))
        if answer.get("stream") != about:
            raise UnreadableError(f"it did not answer with {about}")
        return record(answer.get("data"))


def _is_message(stream: ClientConnection) -> bool:
    try:
        stream.recv(timeout=_LOOK_SECONDS, decode=False)
    except TimeoutError:
        return False
    return True
