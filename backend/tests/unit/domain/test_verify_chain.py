"""The first break of a chain is found, whatever was done to it."""

from dataclasses import replace

import pytest

from app.domain.book import AuditEvent
from app.domain.events import GENESIS, ChainBreak, EventKind, chain_hash, verify_chain
from tests.builders import NOW


def a_chain(length: int) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for number in range(1, length + 1):
        previous = events[-1].hash if events else GENESIS
        body = f'{{"number":{number}}}'
        digest = chain_hash(previous=previous, kind=EventKind.DECIDED, body=body)
        event = AuditEvent(
            number=number,
            at=NOW,
            kind=EventKind.DECIDED,
            body=body,
            previous=previous,
            hash=digest,
        )
        events.append(event)
    return events


def rehashed(event: AuditEvent, **changes: str) -> AuditEvent:
    """Return the event as a careful forger leaves it: with a hash that fits its content."""
    forged = replace(event, **changes)  # type: ignore[arg-type]  # names of its text fields
    digest = chain_hash(previous=forged.previous, kind=forged.kind, body=forged.body)
    return replace(forged, hash=digest)


class TestVerifyChain:
    @pytest.mark.parametrize("length", [0, 1, 5])
    def test_is_none_for_a_whole_chain(self, length: int) -> None:
        assert verify_chain(a_chain(length)) is None

    @pytest.mark.parametrize("place", range(5))
    def test_finds_an_edited_body_where_it_is(self, place: int) -> None:
        chain = a_chain(5)
        chain[place] = replace(chain[place], body="{}")
        self.breaks(chain, place + 1, "was edited")

    @pytest.mark.parametrize("place", range(5))
    def test_finds_an_edited_kind_where_it_is(self, place: int) -> None:
        chain = a_chain(5)
        chain[place] = replace(chain[place], kind=EventKind.FILLED)
        self.breaks(chain, place + 1, "was edited")

    @pytest.mark.parametrize("place", range(4))
    def test_finds_an_edit_with_a_fitting_hash_at_the_event_after(self, place: int) -> None:
        chain = a_chain(5)
        chain[place] = rehashed(chain[place], body="{}")
        self.breaks(chain, place + 2, "does not name the hash")

    @pytest.mark.parametrize("place", range(4))
    def test_finds_a_missing_event(self, place: int) -> None:
        chain = a_chain(5)
        del chain[place]
        self.breaks(chain, place + 1, "is missing")

    def test_finds_a_missing_event_behind_numbers_that_were_closed_up(self) -> None:
        chain = a_chain(5)
        del chain[1]
        chain = [replace(event, number=place) for place, event in enumerate(chain, start=1)]
        self.breaks(chain, 2, "does not name the hash")

    def test_finds_events_in_another_order(self) -> None:
        chain = a_chain(3)
        chain[1], chain[2] = chain[2], chain[1]
        self.breaks(chain, 2, "is missing")

    def test_finds_a_chain_that_does_not_start_at_the_beginning(self) -> None:
        first = rehashed(a_chain(1)[0], previous="1" * 64)
        self.breaks([first], 1, "does not name the hash")

    def breaks(self, chain: list[AuditEvent], number: int, words: str) -> None:
        found = verify_chain(chain)
        assert isinstance(found, ChainBreak)
        assert found.number == number
        assert words in found.reason
