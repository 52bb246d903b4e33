"""The stream that wakes those who read orders, against a local websocket server."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from app.adapters.broker.alpaca_doorbell import Doorbell
from tests.integration.broker.alpaca_server import CANARY

WAIT_SECONDS = 5.0


class Bell:
    """Counts its rings, and lets a test wait for one."""

    def __init__(self) -> None:
        self._rung = threading.Semaphore(0)

    def ring(self) -> None:
        self._rung.release()

    def rang(self, *, within: float = WAIT_SECONDS) -> bool:
        return self._rung.acquire(timeout=within)


class Stream:
    """Greets as Alpaca does, sends one update in a binary frame, and hangs up when told to."""

    def __init__(self, *, status: str = "authorized") -> None:
        self.heard: list[object] = []
        self.update = threading.Event()
        self.hang_up = threading.Event()
        self._status = status

    def serve_one(self, connection: ServerConnection) -> None:
        try:
            self._hear(connection)
            data = {"status": self._status, "action": "authenticate"}
            self._say(connection, stream="authorization", data=data)
            self._hear(connection)
            self._say(connection, stream="listening", data={"streams": ["trade_updates"]})
            if self.update.wait(WAIT_SECONDS):
                self._say(connection, stream="trade_updates", data={"event": "fill"})
            self.hang_up.wait(WAIT_SECONDS)
        except ConnectionClosed:
            return

    def _hear(self, connection: ServerConnection) -> None:
        self.heard.append(json.loads(connection.recv(timeout=WAIT_SECONDS)))

    def _say(self, connection: ServerConnection, **message: object) -> None:
        connection.send(json.dumps(message).encode())


@contextmanager
def listening(stream: Stream, bell: Bell) -> Iterator[None]:
    server = serve(stream.serve_one, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    doorbell = Doorbell(
        stream_url=f"ws://127.0.0.1:{server.socket.getsockname()[1]}/stream",
        credentials=CANARY,
        ring=bell.ring,
        timeout_seconds=1,
        first_pause_seconds=0.05,
    )
    doorbell.start()
    try:
        yield
    finally:
        stream.update.set()
        stream.hang_up.set()
        doorbell.stop()
        server.shutdown()
        thread.join()
    assert not [t for t in threading.enumerate() if t.name == "alpaca-doorbell"]


class TestDoorbell:
    def test_rings_when_it_listens_for_each_update_and_after_a_loss(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        stream, bell = Stream(), Bell()
        with listening(stream, bell):
            assert bell.rang()
            assert stream.heard == [
                {
                    "action": "authenticate",
                    "data": {"key_id": CANARY.key_id, "secret_key": CANARY.secret},
                },
                {"action": "listen", "data": {"streams": ["trade_updates"]}},
            ]
            assert not bell.rang(within=0.1)
            stream.update.set()
            assert bell.rang()
            stream.hang_up.set()
            assert bell.rang()
        assert "is away (ConnectionClosed" in caplog.text
        # The library shortens what it logs of a frame, so that the keys would be there in part.
        assert not [r for r in caplog.records if r.name.endswith(".frames")]
        ours = [r.getMessage() for r in caplog.records if r.name.startswith("app.")]
        assert not [line for line in ours if CANARY.secret in line or CANARY.key_id in line]

    def test_only_logs_that_the_keys_are_refused(self, caplog: pytest.LogCaptureFixture) -> None:
        stream, bell = Stream(status="unauthorized"), Bell()
        with listening(stream, bell):
            assert not bell.rang(within=0.3)
        assert "it does not accept the keys" in caplog.text
