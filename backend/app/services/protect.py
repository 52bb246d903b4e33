"""Setting the limits on the fall of a position's value, and measuring it anew."""

from collections.abc import Mapping
from dataclasses import replace

from app.domain.errors import ConflictError
from app.domain.events import EventKind
from app.domain.protection import UNPROTECTED, marks_body, parse_protections, protections_body
from app.services.journal import Journal


def change_protections(journal: Journal, changes: Mapping[str, object], reason: str) -> None:
    """Lay `changes` over the limits; without any limit left, peak and reference are forgotten.

    Raises
    ------
    InvalidInputError
        When a limit is outside its range.
    """
    state = journal.record.state
    changed = parse_protections(changes, present=state.protections)
    if changed == state.protections:
        return
    marks = None if changed == UNPROTECTED else state.marks
    journal.move_to(replace(state, protections=changed, marks=marks))
    body = {"protections": protections_body(changed), "reason": reason}
    journal.log(EventKind.PROTECTIONS_CHANGED, body)


def reset_marks(journal: Journal, reason: str) -> None:
    """Forget peak and day's reference: both begin anew with the next price that is used.

    Raises
    ------
    ConflictError
        When there is no peak to reset.
    """
    record = journal.record
    marks = record.state.marks
    if marks is None:
        raise ConflictError(
            reason="position_unmarked",
            message=f"{record.name} has no peak to reset: no protection is set, "
            "or no price was used since one was.",
        )
    journal.move_to(replace(record.state, marks=None))
    journal.log(EventKind.PROTECTION_RESET, {"marks": marks_body(marks), "reason": reason})
