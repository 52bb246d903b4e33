"""What outlives a life of processes: the broker's server, the database, and the ways to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from app.adapters.postgres.store import PostgresStore
from tests.builders import NOW
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.crew import CrewLife
from tests.fault.incarnation import CALENDAR
from tests.fault.life import put_away
from tests.fault.nursery import Being, Nursery
from tests.fault.proxy import Proxy
from tests.fault.robot import TIMEOUT_SECONDS, Robot
from tests.fault.shared_clock import SharedClock
from tests.fault.weather import habits, storm

ACCOUNT_ID = "7d0c4e1b-94a2-4f5e-8c33-1b6f0a2d5e88"


class Scene:
    """One account and one database, in which one life follows another."""

    def __init__(
        self,
        *,
        database_url: str,
        redis_url: str,
        alpaca: AlpacaServer,
        nursery: Nursery,
        database: Proxy,
        redis: Proxy,
        clock: Path,
        timeout_seconds: float,
    ) -> None:
        self._url = database_url
        self._alpaca = alpaca
        self._nursery = nursery
        self._database = database
        self._redis = redis
        self._clock = SharedClock(path=clock)
        self._store = PostgresStore(url=database_url)
        self._direct = psycopg.connect(database_url, autocommit=True)
        self._being = Being(
            database_url=through(database, database_url),
            redis_url=through(redis, redis_url),
            alpaca_url=alpaca.url,
            clock=str(clock),
            timeout_seconds=timeout_seconds,
        )

    def live(self, seed: int, kind: type[CrewLife] = CrewLife) -> CrewLife:
        """Return a life that was lived and found in order."""
        clock = self._clock
        clock.set(NOW)
        broker = Broker(
            seed=seed, habits=habits(seed), faults=storm(seed), now=clock.now, multiplier=1
        )
        broker.account_id = ACCOUNT_ID  # one account for all lives in the database
        self._alpaca.serve(broker)
        life = kind(
            store=self._store,
            clock=clock,
            robot=Robot(
                store=self._store,
                url=self._url,
                clock=clock,
                calendar=CALENDAR,
                alpaca=self._alpaca,
                monotonic=clock.monotonic,
            ),
            broker=broker,
            seed=seed,
            nursery=self._nursery,
            being=replace(self._being, threaded=seed % 4 > 1),
            database=self._database,
            redis=self._redis,
            direct=self._direct,
        )
        try:
            life.live()
            found = life.findings()
        finally:
            life.robot.end()
            life.close()
            put_away(self._url)
        ends = f"deaths {life.deaths}, stops {life.stops}"
        assert found == [], f"seed {seed}, {ends}: {found}"
        return life

    def close(self) -> None:
        self._direct.close()
        self._store.close()


def through(proxy: Proxy, url: str) -> str:
    """Return `url` with the proxy in between."""
    parts = urlsplit(url)
    who, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{who}{at}127.0.0.1:{proxy.port}").geturl()


def before(url: str) -> Proxy:
    """Return a proxy before the server at `url`."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return Proxy(upstream=(parts.hostname, parts.port))


@contextmanager
def opened_scene(
    *,
    database_url: str,
    redis_url: str,
    nursery: Nursery,
    folder: Path,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Iterator[Scene]:
    """Open a scene, and close it at the end."""
    with (
        AlpacaServer(Broker()) as alpaca,
        before(database_url) as database,
        before(redis_url) as redis,
    ):
        scene = Scene(
            database_url=database_url,
            redis_url=redis_url,
            alpaca=alpaca,
            nursery=nursery,
            database=database,
            redis=redis,
            clock=folder / "now",
            timeout_seconds=timeout_seconds,
        )
        try:
            yield scene
        finally:
            scene.close()
