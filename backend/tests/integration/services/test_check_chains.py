"""What is done at a start: a position whose audit trail was changed from outside trades no more."""

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest

from app.domain.decision import Gate
from app.domain.events import EventKind
from app.domain.position import Status
from app.services.check_chains import TAIL, CheckChains
from tests.integration.services.desk import Desk

type Tamper = Callable[[str, str, int], None]
LAST = 0
CHANGES = {
    "an edited event": ("UPDATE audit_event SET body = '{}' WHERE", 2, "event 2 was edited"),
    "a missing event": ("DELETE FROM audit_event WHERE", 2, "event 2 is missing"),
    "a missing end": ("DELETE FROM audit_event WHERE", LAST, "is missing"),
    "another end": (
        "UPDATE audit_event SET hash = repeat('a', 64) WHERE", LAST, "was edited",
    ),
}  # fmt: skip


@pytest.fixture
def tamper(superuser_url: str, database_url: str) -> Iterator[Tamper]:
    name = database_url.rpartition("/")[2]
    url = f"{superuser_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")

        def change(statement: str, position_id: str, number: int) -> None:
            place = "position_id = %s AND number = %s"
            done = superuser.execute(f"{statement} {place}".encode(), (position_id, number))
            assert done.rowcount == 1

        yield change


def check(desk: Desk) -> tuple[str, ...]:
    return CheckChains(store=desk.store, clock=desk.clock).check()


class TestTheCheck:
    def test_leaves_whole_chains_alone(self, desk: Desk) -> None:
        position_id = desk.run()
        for price in ("60", "61", "62"):
            desk.tick(position_id, price)
        before = desk.record(position_id)
        assert check(desk) == ()
        assert desk.record(position_id) == before

    @pytest.mark.parametrize("change", CHANGES)
    def test_halts_a_position_with_a_broken_one_and_says_where(
        self, desk: Desk, tamper: Tamper, change: str
    ) -> None:
        statement, number, said = CHANGES[change]
        position_id = desk.run()
        desk.tick(position_id, "60")
        desk.tick(position_id, "61")
        tamper(statement, position_id, number or desk.record(position_id).events)
        assert check(desk) == (position_id,)
        halted = desk.record(position_id)
        assert halted.state.status is Status.HALTED
        assert said in (halted.halt_reason or "")
        event = desk.events(position_id)[0]
        assert event.kind is EventKind.HALTED
        assert json.loads(event.body)["reason"] == halted.halt_reason
        assert desk.tick(position_id, "63").order is None

    @pytest.mark.parametrize("change", CHANGES)
    def test_halts_once_for_each_break(self, desk: Desk, tamper: Tamper, change: str) -> None:
        statement, number, _ = CHANGES[change]
        position_id = desk.run()
        desk.tick(position_id, "60")
        tamper(statement, position_id, number or desk.record(position_id).events)
        assert check(desk) == (position_id,)
        assert check(desk) == ()
        desk.manage.resolve_halt(position_id=position_id, reason="compared with the backup")
        desk.manage.start(position_id=position_id, reason="goes on")
        desk.tick(position_id, "61")
        assert check(desk) == ()
        assert desk.record(position_id).state.status is Status.RUNNING
        tamper(CHANGES["an edited event"][0], position_id, desk.record(position_id).events)
        assert check(desk) == (position_id,)

    def test_looks_at_the_end_of_a_long_chain(self, desk: Desk, tamper: Tamper) -> None:
        position_id = desk.open()
        for turn in range(TAIL // 2):
            desk.manage.start(position_id=position_id, reason=str(turn))
            desk.manage.pause(position_id=position_id, reason=str(turn))
        assert check(desk) == ()
        tamper(CHANGES["an edited event"][0], position_id, 1)
        assert check(desk) == ()
        assert desk.findings(position_id) != ()
        tamper(CHANGES["an edited event"][0], position_id, 3)
        assert check(desk) == (position_id,)

    def test_leaves_archived_positions_as_they_are(self, desk: Desk, tamper: Tamper) -> None:
        position_id = desk.open()
        desk.manage.archive(position_id=position_id, reason="test")
        tamper(CHANGES["an edited event"][0], position_id, 2)
        assert check(desk) == ()


class TestAHaltedPosition:
    def test_refuses_every_decision(self, desk: Desk, tamper: Tamper) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60")
        tamper(CHANGES["an edited event"][0], position_id, 1)
        check(desk)
        outcome = desk.tick(position_id, "63").decision.outcome
        assert outcome["kind"] == "refused"
        assert Gate.TRADING_HALTED.value != outcome["reason"]
