"""A local server that answers one request a connection with scripted bytes, whole or broken.

    with AlpacaServer() as server:
        server.answer("/v2/orders", Reply(status=422, body=refusal("no")), Reply(...))
        server.requests            # every request so far, in order

A script is a row of replies for a path: each request takes the next one and the last one stays.
"""

import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Self, override
from urllib.parse import parse_qsl, urlsplit

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_credentials import Credentials

CANARY = Credentials(key_id="PKCANARYKEYID0001", secret="canarySecretThatNobodyMaySee0001")
NOW = datetime(2026, 10, 8, 15, 30, tzinfo=UTC)
TIMEOUT_SECONDS = 0.4


class Ending(StrEnum):
    """How the connection ends."""

    WHOLE = "whole"
    TRUNCATED = "truncated"  # half of the body, then a polite close
    RESET = "reset"  # half of the body, then a reset
    SILENT = "silent"  # the request is read, then the connection is closed without a word
    DRIPPING = "dripping"  # a byte now and then, for longer than anybody waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One response; `delay_seconds` pass before it."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    ending: Ending = Ending.WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def json_reply(value: object, *, status: int = 200) -> Reply:
    """Return a reply of JSON."""
    return Reply(status=status, body=json.dumps(value).encode())


def refusal(message: str, *, status: int, code: int = 40_010_001) -> Reply:
    """Return a reply in which Alpaca says no."""
    return json_reply({"code": code, "message": message}, status=status)


HTML_401 = Reply(status=401, body=b"<html><h1>401 Authorization Required</h1>nginx</html>")
HTML_404 = Reply(status=404, body=b"<html><h1>404 Not Found</h1>nginx</html>")
NOT_FOUND = refusal("order not found for x", status=404, code=40_410_000)


class AlpacaServer:
    """The server, running inside its `with` block."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._scripts: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        outer = self

        class Connection(socketserver.BaseRequestHandler):
            @override
            def handle(self) -> None:
                outer._serve(self.request)

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def base_url(self) -> str:
        """Return where the server listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, path: str, *replies: Reply) -> None:
        """Answer requests for `path` with the replies, one after the other."""
        with self._lock:
            self._scripts[path] = list(replies)

    def brokerage(self) -> AlpacaBrokerage:
        """Return a brokerage that asks this server."""
        return AlpacaBrokerage(
            base_url=self.base_url,
            credentials=CANARY,
            timeout_seconds=TIMEOUT_SECONDS,
            now=lambda: NOW,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, connection: socket.socket) -> None:
        request = _read(connection)
        if request is None:
            return
        with self._lock:
            self.requests.append(request)
            script = self._scripts.get(request.path, [HTML_404])
            reply = script.pop(0) if len(script) > 1 else script[0]
        self._closing.wait(reply.delay_seconds)
        try:
            self._send(connection, reply)
        except OSError:
            return  # the client did not wait

    def _send(self, connection: socket.socket, reply: Reply) -> None:
        head = [f"HTTP/1.1 {reply.status} Scripted", f"Content-Length: {len(reply.body)}"]
        head += ["Connection: close", *(f"{k}: {v}" for k, v in reply.headers.items())]
        lines = ("\r\n".join(head) + "\r\n\r\n").encode()
        half = reply.body[: len(reply.body) // 2]
        match reply.ending:
            case Ending.WHOLE:
                connection.sendall(lines + reply.body)
            case Ending.TRUNCATED:
                connection.sendall(lines + half)
            case Ending.RESET:
                connection.sendall(lines + half)
                time.sleep(0.02)  # the half is to arrive before the reset discards it
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            case Ending.SILENT:
                pass
            case Ending.DRIPPING:
                connection.sendall(lines)
                for byte in reply.body:
                    connection.sendall(bytes((byte,)))
                    if self._closing.wait(0.1):
                        return


def _read(connection: socket.socket) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65_536)
        if not chunk:
            return None
        received += chunk
    head, body = received.split(b"\r\n\r\n", 1)
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        body += connection.recv(65_536)
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    return Request(
        method=method,
        path=parts.path,
        parameters=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=body,
    )
