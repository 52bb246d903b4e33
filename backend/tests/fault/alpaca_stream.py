"""The simulated broker's stream of trade updates: a websocket that loses, repeats and breaks off.

As documented: a client authenticates, listens to `trade_updates`, and gets binary frames from
then on; nothing is sent again after a reconnect. A thread advances the broker every TICK_SECONDS.
"""

import json
import queue
import socket
import threading
from contextlib import suppress
from decimal import Decimal

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.fault.alpaca_bodies import Body, event_body
from tests.fault.broker import Broker
from tests.fault.faults import StreamFault
from tests.fault.orders import Fill, Order

TICK_SECONDS = 0.02
LEAVE_SECONDS = 0.2


class AlpacaStream:
    """The stream's server."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._events: queue.SimpleQueue[Body] = queue.SimpleQueue()
        self._held: Body | None = None
        self._listening: set[ServerConnection] = set()
        self._connected: set[ServerConnection] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = serve(
            self._attend, "127.0.0.1", 0, compression=None, close_timeout=LEAVE_SECONDS
        )
        self._threads = (
            threading.Thread(target=self._server.serve_forever),
            threading.Thread(target=self._push),
        )
        self.serve(broker)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/stream"

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._listening)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._broker.listener = None
        self.cut()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()

    def serve(self, broker: Broker) -> None:
        """Tell of another broker from now on."""
        self._broker.listener = None
        self._broker = broker
        self._held = None
        broker.listener = self._hear
        self.cut()

    def cut(self) -> None:
        """Disconnect every client without a word."""
        with self._lock:
            for connection in self._connected:
                with suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_RDWR)

    def _hear(self, event: str, order: Order, fill: Fill | None, held: Decimal) -> None:
        self._events.put(event_body(event, order, fill, held, order.updated_at))

    def _attend(self, connection: ServerConnection) -> None:
        with self._lock:
            self._connected.add(connection)
        try:
            self._talk(connection)
        except (ConnectionClosed, OSError):
            return  # the client went away, which is its right
        finally:
            with self._lock:
                self._connected.discard(connection)
                self._listening.discard(connection)

    def _talk(self, connection: ServerConnection) -> None:
        is_known = False
        for message in connection:
            request = json.loads(message)
            action, data = request.get("action"), request.get("data") or {}
            if action in ("authenticate", "auth"):
                given = (data.get("key_id"), data.get("secret_key"))
                is_known = given == self._broker.keys
            if action != "listen" or not is_known:
                status = "authorized" if is_known else "unauthorized"
                _send(connection, "authorization", {"status": status, "action": action})
                continue
            streams = [name for name in data.get("streams", ()) if name == "trade_updates"]
            with self._lock:
                (self._listening.add if streams else self._listening.discard)(connection)
                _send(connection, "listening", {"streams": streams})

    def _push(self) -> None:
        while not self._stopping.is_set():
            self._broker.advance()
            with suppress(queue.Empty):
                self._deliver(self._events.get(timeout=TICK_SECONDS))

    def _deliver(self, event: Body) -> None:
        """Send an event, or what the faults make of it; without listeners nothing can go wrong."""
        faults = self._broker.faults
        with self._lock:
            listening = tuple(self._listening)
        if not listening:
            return
        happened = [kind for kind in StreamFault if faults.happens(kind)]
        for kind in happened:
            faults.count(kind)
        if StreamFault.CUT in happened:
            self.cut()
        if StreamFault.LOST in happened or StreamFault.CUT in happened:
            return
        if StreamFault.SHUFFLED in happened and self._held is None:
            self._held = event
            return
        if StreamFault.TWICE in happened:
            self._send_all(listening, event)
        self._send_all(listening, event)
        if self._held is not None:
            held, self._held = self._held, None
            self._send_all(listening, held)

    def _send_all(self, listening: tuple[ServerConnection, ...], event: Body) -> None:
        for connection in listening:
            with suppress(ConnectionClosed, OSError):
                connection.send(json.dumps(event).encode())


def _send(connection: ServerConnection, stream: str, data: Body) -> None:
    connection.send(json.dumps({"stream": stream, "data": data}).encode())
