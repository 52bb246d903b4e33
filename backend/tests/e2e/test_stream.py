"""The event stream over the real server: nothing lost, nothing twice, and an end in time."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import psutil
import pytest

from app.adapters.redis.events import RedisEventStream
from app.routes.event_source import STREAMS_MAX
from app.routes.v1.schemas.stream import (
    DecisionEventOut,
    FillEventOut,
    OrderEventOut,
    PositionEventOut,
    PriceEventOut,
    ResetEventOut,
)
from app.routes.v1.schemas.wire import WireModel
from app.services.watch_health import WATCH_SECONDS
from tests.e2e.backend import Backend
from tests.e2e.conftest import Product, ProductInSession
from tests.e2e.event_reader import EventReader, end_of_stream
from tests.e2e.wire import answered, problem
from tests.integration.events.valkey import OwnValkey

SCHEMAS: dict[str, type[WireModel]] = {
    "price": PriceEventOut,
    "decision": DecisionEventOut,
    "order": OrderEventOut,
    "fill": FillEventOut,
    "position": PositionEventOut,
    "reset": ResetEventOut,
}
DISCONNECTS = 200
EVENTS = 1000


@pytest.fixture
def shared(product: Product) -> Iterator[RedisEventStream]:
    """Yield the stream of the product, as another process of it holds it."""
    stream = RedisEventStream(url=product.backend.environment["REDIS_URL"])
    yield stream
    stream.close()


def tell(stream: RedisEventStream, number: int, *, padding: int = 0) -> None:
    stream.publish(kind="job", body={"id": "a run", "done": number, "padding": " " * padding})


class TestTheStream:
    def test_tells_what_a_tick_did_once_it_can_be_read(
        self, product_in_session: ProductInSession
    ) -> None:
        product = product_in_session
        client, url = product.backend.client, product.backend.base_url
        product.yahoo.walk(
            "KO",
            prices=["61.31", "61.31"],
            start=product.clock.now() - timedelta(seconds=2),
            step=timedelta(seconds=1),
        )
        with EventReader(url) as reader:
            assert reader.reset().body == {"reason": "start"}
            opening = {"cash": "6000", "shares": "100", "anchor_price": "59.52"}
            wish = {"symbol": "KO", "opening": opening}
            position_id = answered(client.post("/v1/positions", json=wish), 201)["id"]
            answered(client.post(f"/v1/positions/{position_id}/start"))
            ticking = threading.Thread(
                target=client.post, args=(f"/v1/positions/{position_id}/tick",)
            )
            ticking.start()
            told = reader.until("fill")
            with httpx.Client(base_url=url) as another:
                path = f"/v1/positions/{position_id}"
                (trade,) = answered(another.get(f"{path}/trades"))["items"]
                (order,) = answered(another.get(f"{path}/orders"))["items"]
                (decision,) = answered(another.get(f"{path}/decisions"))["items"]
            ticking.join()
        assert [(event.kind, event.body.get("change")) for event in told] == [
            ("position", "opened"),
            ("position", "started"),
            ("price", None),
            ("decision", None),
            ("order", None),
            ("fill", None),
        ]
        for event in told:
            SCHEMAS[event.kind].model_validate_json(json.dumps(event.body))
        _, _, price, *others = (event.body for event in told)
        assert price["price"] == decision["reference_price"] == "61.31"
        for body, answer in zip(others, (decision, order, trade), strict=True):
            assert body.pop("position_id") == position_id
            assert body == {name: answer[name] for name in body}

    def test_tells_of_equal_refusals_too(self, product_in_session: ProductInSession) -> None:
        client, url = product_in_session.backend.client, product_in_session.backend.base_url
        product_in_session.yahoo.quote("KO", price="61.31", at=product_in_session.clock.now())
        wish = {"symbol": "KO", "opening": {"cash": "6000", "shares": "100"}}
        position_id = answered(client.post("/v1/positions", json=wish), 201)["id"]
        with EventReader(url, after=end_of_stream(url)) as reader:
            for checks in (1, 2):
                answered(client.post(f"/v1/positions/{position_id}/tick"))
                decision = reader.until("decision")[-1].body
                assert (decision["reason"], decision["checks"]) == ("not_running", checks)

    def test_tells_nothing_of_a_change_that_was_refused(
        self, product_in_session: ProductInSession
    ) -> None:
        client, url = product_in_session.backend.client, product_in_session.backend.base_url
        wish = {"symbol": "KO", "opening": {"cash": "1", "shares": "0"}}
        position_id = answered(client.post("/v1/positions", json=wish), 201)["id"]
        path = f"/v1/positions/{position_id}"
        with EventReader(url, after=end_of_stream(url)) as reader:
            problem(client.post(f"{path}/pause"), 409)
            movement = {"kind": "withdrawal", "amount": "2", "reason": "rent"}
            problem(client.post(f"{path}/cash-movements", json=movement), 422)
            answered(client.patch(path, json={"name": "Cola"}))
            assert reader.next().body["change"] == "renamed"

    def test_may_be_held_by_nobody_on_the_way(self, product: Product) -> None:
        with EventReader(product.backend.base_url) as reader:
            headers = reader.answer.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert headers["cache-control"] == "no-cache"
        assert headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in headers

    def test_shows_that_it_lives_when_nothing_happens(
        self, product_in_session: ProductInSession
    ) -> None:
        url = product_in_session.backend.base_url
        with EventReader(url, after=end_of_stream(url)) as reader:
            started = time.monotonic()
            assert reader.ping().kind == "ping"
        assert 0.8 < time.monotonic() - started < 3  # a second in this product


class TestAReader:
    def test_that_is_cut_off_again_and_again_misses_nothing_and_sees_nothing_twice(
        self, product: Product, shared: RedisEventStream
    ) -> None:
        url = product.backend.base_url
        place = end_of_stream(url)
        chance = Random(7)
        seen: list[int] = []

        def announce() -> None:
            for number in range(EVENTS):
                tell(shared, number)
                time.sleep(0.002)

        announcing = threading.Thread(target=announce)
        announcing.start()
        cuts = 0
        while len(seen) < EVENTS:
            with EventReader(url, after=place) as reader:
                for _ in range(min(chance.randrange(8), EVENTS - len(seen))):
                    event = reader.next()
                    assert event.id is not None
                    place = event.id
                    seen.append(event.body["done"])
            cuts += 1
        announcing.join()
        assert cuts >= DISCONNECTS
        assert seen == list(range(EVENTS))

    @pytest.mark.long
    def test_that_reads_nothing_costs_no_memory_and_holds_up_nobody(
        self, product: Product, shared: RedisEventStream
    ) -> None:
        backend = product.backend
        place = end_of_stream(backend.base_url)
        process = psutil.Process(backend.pid)
        with _stalled(backend.base_url, place), EventReader(backend.base_url) as reader:
            reader.reset()
            tell(shared, 0)
            reader.next()
            before = process.memory_info().rss
            for number in range(1500):
                tell(shared, number, padding=20_000)
                assert reader.next().body["done"] == number
            grown = process.memory_info().rss - before
        assert grown < 15_000_000, "of 30 MB announced"

    def test_too_many_is_refused_with_the_time_to_try_again(self, product: Product) -> None:
        url = product.backend.base_url
        open_readers = [EventReader(url) for _ in range(STREAMS_MAX)]
        try:
            for each in open_readers:
                each.__enter__()
                each.reset()
            refused = problem(product.backend.client.get("/v1/stream"), 503)
            assert str(STREAMS_MAX) in refused["detail"]
        finally:
            for each in open_readers:
                each.__exit__()
        deadline = time.monotonic() + 5
        while True:  # the place of a reader that left is free at once
            with EventReader(url) as reader:
                if reader.answer.status_code == httpx.codes.OK:
                    break
            assert time.monotonic() < deadline

    def test_does_not_keep_the_service_from_stopping_and_goes_on_after_a_restart(
        self, product: Product, shared: RedisEventStream
    ) -> None:
        url = product.backend.base_url
        place = end_of_stream(url)
        with EventReader(url) as waiting, _stalled(url, place):
            waiting.reset()
            started = time.monotonic()
            product.backend.stop()
            assert time.monotonic() - started < 4
            with pytest.raises(StopIteration):
                waiting.next()
        tell(shared, 1)
        product.backend.start()
        with EventReader(url, after=place) as reader:
            assert reader.next().body["done"] == 1
            assert reader.reset().body == {"reason": "restarted"}


@pytest.mark.long
class TestTheStreamWithoutItsServer:
    def test_says_so_and_goes_on_once_the_server_is_back(
        self, new_database: Callable[[], str], tmp_path: Path
    ) -> None:
        valkey = OwnValkey(folder=tmp_path)
        valkey.start()
        variables = {"DATABASE_URL": new_database(), "REDIS_URL": valkey.url}
        backend = Backend(
            entry="app.main:app",
            variables=variables | {"VB_STATE": str(tmp_path)},
            log=tmp_path / "backend.log",
        )
        try:
            backend.start()
            with EventReader(backend.base_url) as reader:
                reader.reset()
                valkey.kill()
                away = reader.reset()
                assert (away.id, away.body) == (None, {"reason": "interrupted"})
                name = {"symbol": "KO", "opening": {"cash": "6000", "shares": "100"}}
                started = time.monotonic()
                answered(backend.client.post("/v1/positions", json=name), 201)
                assert time.monotonic() - started < 1
                time.sleep(2 * WATCH_SECONDS)  # the degraded cache is seen meanwhile
                valkey.start()
                assert reader.reset().body == {"reason": "resumed"}
                (healed,) = reader.until("health")[-1].body["dependencies"][1:]
                assert (healed["name"], healed["state"]) == ("cache", "ok")
        finally:
            backend.stop()
            backend.client.close()
            valkey.kill()


def _stalled(base_url: str, place: str) -> socket.socket:
    """Return a connection that asked for the stream and takes nothing of it."""
    url = httpx.URL(base_url)
    connection = socket.create_connection((url.host, url.port))
    request = f"GET /v1/stream HTTP/1.1\r\nHost: {url.host}\r\nLast-Event-ID: {place}\r\n\r\n"
    connection.sendall(request.encode())
    return connection
