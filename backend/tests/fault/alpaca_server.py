"""The simulated broker on the wire: Alpaca's REST API on 127.0.0.1, with faults in between.

    broker = Broker(seed=7, faults=Faults.storm(seed=7))
    with AlpacaServer(broker) as alpaca:
        alpaca.url              # for trading and data: http://127.0.0.1:PORT, paths begin with /v2
        alpaca.stream_url       # ws://127.0.0.1:PORT/stream
        alpaca.serve(another)   # a new world on the same ports
        alpaca.requests         # the last ones: (method, path, what became of it)

It lives in the process of the test, so it survives every restart of the product. A thread
advances the broker meanwhile, so that events come without being asked for.
"""

import json
import socket
import struct
import sys
import threading
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Self, override
from urllib.parse import parse_qsl, urlsplit

from tests.fault.alpaca_answers import Answer, Asked, answer, failure
from tests.fault.alpaca_stream import AlpacaStream
from tests.fault.broker import Broker
from tests.fault.faults import BEFORE, Fault

REMEMBERED = 2_000
UNAUTHORIZED = Answer(status=401, body=b'{"message": "unauthorized."}')
NO_KEY = Answer(
    status=401,
    body=b"<html><head><title>401 Authorization Required</title></head></html>",
    kind="text/html",
)
GARBAGE = (
    b"<html><body>service temporarily unavailable</body></html>",
    b'{"id":"',
    b"null",
    b"[]",
    b"\xff\xfe\x00",
    b"",
    b'{"message":"ok"}',
)
RESET = struct.pack("ii", 1, 0)  # close with RST: a reset connection, not a finished one


class AlpacaServer:
    """The server; a context manager."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.requests: deque[tuple[str, str, str]] = deque(maxlen=REMEMBERED)
        self.errors: list[BaseException] = []  # bugs of the simulator itself
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._stream = AlpacaStream(broker)

    def __enter__(self) -> Self:
        self._thread.start()
        self._stream.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._stream.stop()
        self._server.shutdown()
        self._server.cut_connections()
        self._server.server_close()
        self._thread.join()
        assert not self.errors, self.errors

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def stream_url(self) -> str:
        return self._stream.url

    @property
    def listeners(self) -> int:
        """How many clients listen to the stream."""
        return self._stream.listeners

    def serve(self, broker: Broker) -> None:
        """Serve another broker from now on; open connections are reset, those of the stream too."""
        self.broker = broker
        self._stream.serve(broker)
        self._server.cut_connections()

    def cut_connections(self) -> None:
        """Reset every open connection."""
        self._server.cut_connections()
        self._stream.cut()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, alpaca: AlpacaServer) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.alpaca = alpaca
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def cut_connections(self) -> None:
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the client was faster
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    connection.shutdown(socket.SHUT_RDWR)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Keep what was not the client's going away, for the test to end with."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.alpaca.errors.append(error)


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece
    server: _Server

    @override
    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    @override
    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        alpaca = self.server.alpaca
        broker = alpaca.broker
        target = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=target.path.removeprefix("/v2"),
            query=dict(parse_qsl(target.query)),
            body=self.rfile.read(int(self.headers.get("Content-Length", "0"))),
        )
        is_order = asked.method == "POST" and asked.path == "/orders"
        if is_order:
            broker.note_post(asked.body)
        fault = broker.faults.request(method=asked.method)
        alpaca.requests.append((asked.method, self.path, fault or "passed"))
        if fault in BEFORE:
            if fault is Fault.HELD_BACK and is_order:
                broker.submit_later(json.loads(asked.body))
            self._fail(fault)
            return
        given = self._refused() or answer(broker, asked)
        match fault:
            case None:
                self._send(given)
            case Fault.SLOW:
                alpaca.closing.wait(broker.faults.slow_seconds)
                self._send(given)
            case Fault.GARBAGE:
                body = broker.faults.choose(GARBAGE, method=asked.method)
                self._send(Answer(status=200, body=body))
            case Fault.TRUNCATED:
                self._send(given, cut=True)
            case _:
                self._fail(fault)

    do_POST = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def _refused(self) -> Answer | None:
        """Return the answer to a request without good keys, or None."""
        key = self.headers.get("APCA-API-KEY-ID")
        if key is None:
            return NO_KEY
        given = (key, self.headers.get("APCA-API-SECRET-KEY"))
        return None if given == self.server.alpaca.broker.keys else UNAUTHORIZED

    def _fail(self, fault: Fault) -> None:
        faults = self.server.alpaca.broker.faults
        match fault:
            case Fault.ERROR_BEFORE | Fault.ERROR_AFTER:
                status = faults.choose((500, 502, 503), method=self.command)
                self._send(failure(status, message="Server Error"))
            case Fault.GATEWAY_TIMEOUT:
                self._send(failure(504, message="Gateway Time-out"))
            case Fault.THROTTLED:
                extra = {"Retry-After": str(faults.retry_after_seconds)}
                self._send(failure(429, message="too many requests.", extra=extra))
            case Fault.THROTTLED_BARE:
                self._send(failure(429, message="too many requests."))
            case _:
                self._reset()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close_connection = True
        self.rfile.close()  # it holds the socket open, as does the other
        self.wfile.close()
        self.wfile = BytesIO()  # which the server flushes once more
        self.connection.close()

    def _send(self, given: Answer, *, cut: bool = False) -> None:
        """Send an answer, or a part of one that says it is whole."""
        self.send_response(given.status)
        self.send_header("Content-Type", given.kind)
        for name, value in (given.extra or {}).items():
            self.send_header(name, value)
        body = given.body
        if given.status != 204:
            self.send_header("Content-Length", str(len(body) + cut))
        if cut:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
