"""`vb halt` and `vb resume`: the kill switch on the database itself, whether the API lives or not.

Only what the switch needs is imported before it is flipped, since somebody is in a hurry. What is
live at the brokers is looked at after that.
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
    """Stop all trading, end the live orders where nobody else does, and return the exit code.

    It is 0 when trading is stopped and nothing is live at a broker any more, as far as is known.
    """
    store = PostgresStore(url=settings.required_database_url())
    try:
        done = HaltTrading(store=store, clock=SystemClock()).halt(reason=reason)
        assert not isinstance(done, StoredAnswer), "without a key there is no stored answer"
        print(f"Trading is stopped since {_since(done)}: {done.switch.reason}")
        print(f"{done.running} running positions make no order until `./vb resume`.", flush=True)
        _announce(settings, done)
        if not done.live_orders and not (settings.alpaca_paper_keys or settings.alpaca_live_keys):
            return 0
        from app.cli_cancel import cancel  # only now: it brings the whole product

        return cancel(settings=settings)
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()


def resume(*, settings: Settings, reason: str) -> int:
    """Let trading go on, and return the exit code."""
    store = PostgresStore(url=settings.required_database_url())
    try:
        done = HaltTrading(store=store, clock=SystemClock()).resume(reason=reason)
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()
    assert not isinstance(done, StoredAnswer), "without a key there is no stored answer"
    print(
        f"Trading goes on since {_since(done)}; {done.running} positions are running.", flush=True
    )
    _announce(settings, done)
    return 0


def _since(done: Trading) -> str:
    return moment_text(done.switch.changed_at)


def _announce(settings: Settings, done: Trading) -> None:
    """Tell the dashboards that are open; without a Redis they see it when they ask next."""
    if settings.redis_url is None:
        return
    from app.adapters.redis.events import RedisEventStream  # only now: the switch is flipped

    events = RedisEventStream(url=settings.redis_url)
    body = {
        "halted": done.switch.halted,
        "reason": done.switch.reason,
        "changed_at": _since(done),
    }
    events.publish(kind=AnnouncementKind.TRADING, body=body)
    events.close()
