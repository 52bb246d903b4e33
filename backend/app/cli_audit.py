"""`vb replay` and `vb verify`: proof of what was decided, and that nobody changed it since."""

import sys

from app.adapters.postgres.store import PostgresStore
from app.domain.errors import DomainError
from app.services.replay_decisions import Difference, Replay, ReplayDecisions
from app.settings import Settings


def replay(*, settings: Settings, position_id: str | None) -> int:
    """Make recorded decisions again, say how they come out, and return the exit code."""
    store = PostgresStore(url=settings.required_database_url())
    replaying = ReplayDecisions(store=store)
    equal = True
    try:
        found = (
            replaying.all()
            if position_id is None
            else iter((replaying.replay(position_id=position_id),))
        )
        for result in found:
            equal = _told(result) and equal
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0 if equal else 1


def verify_audit(*, settings: Settings) -> int:
    """Verify every audit chain, say the place of its first break, and return the exit code."""
    store = PostgresStore(url=settings.required_database_url())
    whole = True
    try:
        for check in store.verify_audit():
            if check.finding is None:
                print(f"{check.name}: {check.events:,} events, whole, head {check.head[:12]}")
            else:
                whole = False
                print(f"{check.name}: BROKEN. {check.finding}")
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()
    if not whole:
        print(
            "Somebody changed what is never changed. Compare with a backup before you trust it.",
            file=sys.stderr,
        )
    return 0 if whole else 1


def _told(result: Replay) -> bool:
    """Print a replay; return whether what the present rules decided came out the same."""
    present = result.present
    name = f"{result.position.state.symbol} {result.position.id}"
    print(f"{name}: {present.decisions:,} decisions made again, {present.differences:,} differ")
    _tell_first(present.first)
    for version in result.earlier:
        print(
            f"  {version.decisions:,} decisions of rules version {version.rules_version}: "
            f"{version.differences:,} would be others by version {present.rules_version}"
        )
        _tell_first(version.first)
    return present.differences == 0


def _tell_first(first: Difference | None) -> None:
    if first is not None:
        print(
            f"  the first is decision {first.number}: {first.field} was {first.recorded!r}, "
            f"is {first.computed!r}"
        )
