"""A TCP proxy before PostgreSQL or Redis that can be slow, deaf, closed, or cut a COMMIT.

    with Proxy(upstream=("127.0.0.1", 5432)) as proxy:
        proxy.port
        proxy.cut()                         # reset every connection now
        proxy.cut_commit(Cut.BEFORE)        # the next COMMIT never reaches the server
        proxy.cut_commit(Cut.AFTER)         # it does, and its answer never returns
        proxy.latency_seconds = 0.05        # each way
        proxy.refuses = True                # new connections are reset at once
        proxy.is_black_hole = True          # bytes go in, none come out
        proxy.counts                        # "connected", "cut", "commit_before", ...

psycopg sends COMMIT as a simple query, `Q`, or as `P` with the text when parameters are bound, so
the text inside of either message is looked for, however the bytes were cut into packets. An AFTER
cut withholds what the server says from the COMMIT on, and resets when the answer is complete.
"""

import select
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

RESET = struct.pack("ii", 1, 0)
READY_FOR_QUERY = b"Z"
POLL_SECONDS = 0.02


class Cut(StrEnum):
    """On which side of the server's COMMIT the connection ends."""

    BEFORE = "commit_before"
    AFTER = "commit_after"


@dataclass(slots=True)
class Messages:
    """Splits a direction of PostgreSQL's protocol into messages: kind, and the bytes of each."""

    starts_bare: bool
    pending: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Return the messages that are complete with `data`."""
        self.pending += data
        messages: list[tuple[bytes, bytes]] = []
        while True:
            head = 0 if self.starts_bare else 1
            if len(self.pending) < head + 4:
                return messages
            length = head + int.from_bytes(self.pending[head : head + 4])
            if len(self.pending) < length:
                return messages
            message = bytes(self.pending[:length])
            del self.pending[:length]
            # The start-up packet has no kind; a request for encryption is another such before it.
            asks_encryption = self.starts_bare and length == 8
            self.starts_bare = asks_encryption
            messages.append((b"" if head == 0 else message[:1], message))


def is_commit(kind: bytes, message: bytes) -> bool:
    """Whether a client's message is a COMMIT, by simple query or by parse."""
    if kind == b"Q":
        text = message[5:]
    elif kind == b"P":
        text = message[5:].partition(b"\0")[2]
    else:
        return False
    return text.strip(b"\0 ;").upper().startswith(b"COMMIT")


class Proxy:
    """The proxy; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(self, *, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.latency_seconds = 0.0
        self.refuses = False
        self.is_black_hole = False
        self.counts: Counter[str] = Counter()
        self._commit: Cut | None = None
        self._links: set[_Link] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(POLL_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._listener.close()
        self.cut()
        for link in tuple(self._links):
            link.thread.join()

    def cut(self) -> None:
        """Reset every connection now."""
        with self._lock:
            links = tuple(self._links)
        for link in links:
            link.cut.set()
            self.counts["cut"] += 1

    def cut_commit(self, where: Cut | None) -> None:
        """Cut the connection that commits next; None takes that back."""
        with self._lock:
            self._commit = where

    def take_commit(self) -> Cut | None:
        """Return what is to happen to a COMMIT that was seen, once."""
        with self._lock:
            where, self._commit = self._commit, None
            self.counts["commits"] += 1
            if where is not None:
                self.counts[where] += 1
            return where

    def pause(self) -> None:
        """Wait as long as a packet takes."""
        if self.latency_seconds:
            self.counts["delayed"] += 1
            self._stopping.wait(self.latency_seconds)

    def forget(self, link: "_Link") -> None:
        with self._lock:
            self._links.discard(link)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            if self.refuses:
                self.counts["refused"] += 1
                _reset(client)
                continue
            try:
                server = socket.create_connection(self.upstream, timeout=2)
            except OSError:
                self.counts["unreachable"] += 1
                _reset(client)
                continue
            self.counts["connected"] += 1
            link = _Link(self, client, server)
            with self._lock:
                self._links.add(link)
            link.thread.start()


class _Link:
    """A client's connection and the one to the server, run by one thread."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.cut = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self._proxy = proxy
        self._client = client
        self._server = server
        self._asked = Messages(starts_bare=True)
        self._answered: Messages | None = None  # since a COMMIT whose answer is withheld
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(2)

    def _run(self) -> None:
        try:
            while not self.cut.is_set():
                ready, _, _ = select.select((self._client, self._server), (), (), POLL_SECONDS)
                if not all(self._pass_on(end) for end in ready):
                    break
        except OSError:
            self._proxy.counts["broken"] += 1
        finally:
            _reset(self._client)
            _reset(self._server) if self.cut.is_set() else self._server.close()
            self._proxy.forget(self)

    def _pass_on(self, end: socket.socket) -> bool:
        """Pass on what `end` sent; return whether the link goes on."""
        data = end.recv(65_536)
        if not data:
            return False
        if self._proxy.is_black_hole:
            self._proxy.counts["swallowed"] += 1
            return True
        self._proxy.pause()
        return self._ask(data) if end is self._client else self._reply(data)

    def _ask(self, data: bytes) -> bool:
        if any(is_commit(kind, message) for kind, message in self._asked.feed(data)):
            match self._proxy.take_commit():
                case Cut.BEFORE:
                    return False
                case Cut.AFTER:
                    self._answered = Messages(starts_bare=False)
                case None:
                    pass
        self._server.sendall(data)
        return True

    def _reply(self, data: bytes) -> bool:
        if self._answered is None:
            self._client.sendall(data)
            return True
        return all(kind != READY_FOR_QUERY for kind, _ in self._answered.feed(data))


def _reset(end: socket.socket) -> None:
    """Close with RST instead of an orderly end."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()
