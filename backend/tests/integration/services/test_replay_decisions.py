"""The proof that decisions follow from their records: each one is made again, field by field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest

from app.domain import rules
from app.domain.book import DecisionRecord
from app.domain.errors import NotFoundError
from app.services.replay_decisions import Difference, ReplayDecisions, difference
from tests.integration.services.desk import Desk
from tests.integration.services.recorded_day import recorded_day

OURS = "WHERE position_id = %s AND number = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A day of decisions, and a way to change them that the product does not have."""

    desk: Desk
    position_id: str
    decisions: tuple[DecisionRecord, ...]
    change: Callable[..., None]

    @property
    def replaying(self) -> ReplayDecisions:
        return ReplayDecisions(store=self.desk.store)


@pytest.fixture
def recorded(desk: Desk, database_url: str, superuser_url: str) -> Iterator[Recorded]:
    position_id = recorded_day(desk, seed=1)
    name = database_url.rpartition("/")[2]
    with psycopg.connect(
        f"{superuser_url.rpartition('/')[0]}/{name}", autocommit=True
    ) as superuser:
        superuser.execute("SET session_replication_role = replica")

        def change(assignment: str, *, number: int) -> None:
            done = superuser.execute(
                f"UPDATE decision SET {assignment} {OURS}".encode(), (position_id, number)
            )
            assert done.rowcount == 1

        yield Recorded(
            desk=desk,
            position_id=position_id,
            decisions=tuple(reversed(desk.decisions(position_id))),
            change=change,
        )


def replayed(desk: Desk, *, at_least: int) -> tuple[int, int]:
    """Record so many decisions; return how many are made again, and how many differ."""
    replaying, decisions, differences = ReplayDecisions(store=desk.store), 0, 0
    seed = 0
    while decisions < at_least:
        seed += 1
        found = replaying.replay(position_id=recorded_day(desk, seed=seed)).present
        decisions += found.decisions
        differences += found.differences
        assert found.first is None, found
    return decisions, differences


class TestAReplay:
    def test_of_a_thousand_decisions_finds_no_difference(self, desk: Desk) -> None:
        decisions, differences = replayed(desk, at_least=1_000)
        assert (decisions >= 1_000, differences) == (True, 0)

    @pytest.mark.long
    def test_of_a_hundred_thousand_decisions_finds_no_difference(self, desk: Desk) -> None:
        decisions, differences = replayed(desk, at_least=100_000)
        assert (decisions >= 100_000, differences) == (True, 0)

    def test_names_the_first_field_of_the_first_decision_that_differs(
        self, recorded: Recorded
    ) -> None:
        proposed = [d.number for d in recorded.decisions if d.outcome["kind"] == "proposed"]
        first, second = proposed[1:3]
        quantity = recorded.decisions[first - 1].outcome["quantity"]
        recorded.change("""outcome = outcome || '{"quantity": "0.5"}'""", number=second)
        recorded.change("""outcome = outcome || '{"quantity": "0.25"}'""", number=first)
        found = recorded.replaying.replay(position_id=recorded.position_id).present
        assert (found.decisions, found.differences) == (len(recorded.decisions), 2)
        assert found.first is not None
        assert (found.first.number, found.first.field) == (first, "outcome.quantity")
        assert (found.first.recorded, found.first.computed) == ("0.25", quantity)

    def test_lists_decisions_of_another_version_of_the_rules_apart(
        self, recorded: Recorded
    ) -> None:
        for number in (2, 3):
            recorded.change("rules_version = '0'", number=number)
        recorded.change("""outcome = outcome || '{"kind": "hold", "side": 1}'""", number=3)
        found = recorded.replaying.replay(position_id=recorded.position_id)
        assert found.present.rules_version == rules.RULES_VERSION
        assert found.present.differences == 0
        assert found.present.decisions == len(recorded.decisions) - 2
        (earlier,) = found.earlier
        assert (earlier.rules_version, earlier.decisions, earlier.differences) == ("0", 2, 1)
        assert earlier.first is not None
        assert earlier.first.number == 3

    def test_says_which_record_cannot_be_read(self, recorded: Recorded) -> None:
        recorded.change("before = before - 'cash'", number=4)
        found = recorded.replaying.replay(position_id=recorded.position_id).present
        assert found.first is not None
        assert (found.first.number, found.first.field) == (4, "record")
        assert "cash" in str(found.first.recorded)

    def test_goes_over_archived_positions_too(self, recorded: Recorded) -> None:
        manage = recorded.desk.manage
        status = recorded.desk.record(recorded.position_id).state.status.value
        if status == "running":
            manage.pause(position_id=recorded.position_id, reason="test")
        manage.archive(position_id=recorded.position_id, reason="test")
        found = {replay.position.id for replay in recorded.replaying.all()}
        assert recorded.position_id in found

    def test_does_not_find_an_unknown_position(self, desk: Desk) -> None:
        with pytest.raises(NotFoundError):
            ReplayDecisions(store=desk.store).replay(position_id="unknown")


class TestADifference:
    def test_is_found_in_every_field_of_the_outcome_and_of_the_state_after(
        self, recorded: Recorded
    ) -> None:
        strategy = recorded.desk.record(recorded.position_id).strategy
        proposed = next(d for d in recorded.decisions if d.outcome["kind"] == "proposed")

        def changed(body: str, **fields: object) -> Difference | None:
            fields = {**getattr(proposed, body), **fields}
            changes: dict[str, Any] = {body: fields}
            return difference(replace(proposed, **changes), strategy)

        for body in ("outcome", "after"):
            for name in getattr(proposed, body):
                found = changed(body, **{name: "another"})
                assert found is not None, name
                assert found.field.startswith(f"{body}.{name}")
            more = changed(body, more=1)
            assert more is not None
            assert (more.field, more.computed) == (f"{body}.more", None)
