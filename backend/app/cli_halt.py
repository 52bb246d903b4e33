"""`vb halt` and `vb resume`: the kill switch on the database itself, whether the API lives or not.

Only what the switch needs is imported, since somebody is in a hurry.
"""

import sys

from app.adapters.clock import SystemClock
from app.adapters.postgres.store import PostgresStore
from app.domain.announcement import AnnouncementKind
from app.domain.book import StoredAnswer
from app.domain.errors import DomainError
from app.domain.record import moment_text
from app.services.halt_trading import HaltTrading, Trading
from app.settings import Settings


def halt(*, settings: Settings, reason: str) -> int:
    """Stop all trading, say since when, and return the exit code."""
    return _flip(settings, reason=reason, halted=True)


def resume(*, settings: Settings, reason: str) -> int:
    """Let trading go on, and return the exit code."""
    return _flip(settings, reason=reason, halted=False)


def _flip(settings: Settings, *, reason: str, halted: bool) -> int:
    store = PostgresStore(url=settings.required_database_url())
    trading = HaltTrading(store=store, clock=SystemClock())
    try:
        done = trading.halt(reason=reason) if halted else trading.resume(reason=reason)
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()
    assert not isinstance(done, StoredAnswer), "without a key there is no stored answer"
    at = moment_text(done.switch.changed_at)
    if halted:
        print(f"Trading is stopped since {at}: {done.switch.reason}")
        print(f"{done.running} running positions make no order until `./vb resume`.", flush=True)
    else:
        print(f"Trading goes on since {at}; {done.running} positions are running.", flush=True)
    _announce(settings, done)
    return 0


def _announce(settings: Settings, done: Trading) -> None:
    """Tell the dashboards that are open; without a Redis they see it when they ask next."""
    if settings.redis_url is None:
        return
    from app.adapters.redis.events import RedisEventStream  # only now: the switch is flipped

    events = RedisEventStream(url=settings.redis_url)
    body = {
        "halted": done.switch.halted,
        "reason": done.switch.reason,
        "changed_at": moment_text(done.switch.changed_at),
    }
    events.publish(kind=AnnouncementKind.TRADING, body=body)
    events.close()
