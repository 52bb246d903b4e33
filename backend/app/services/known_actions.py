"""What is known of the actions of a position, and noting what is found out about them later."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from app.domain.booked_action import ActionKind, ActionRecord, ActionState, begin_of
from app.domain.events import EventKind
from app.domain.history import History
from app.services.journal import Journal
from app.services.pages import walk
from app.services.ports import Book
from app.simulation.announced import AnnouncedAction

OVERDUE_AFTER = timedelta(days=30)
_PAGE = 1000
_GONE = "not announced any more"

type Known = Mapping[tuple[ActionKind, date], ActionRecord]


def known_actions(book: Book, position_id: str) -> Known:
    """Return the actions of a position by kind and ex-date, oldest first."""
    actions = walk(
        lambda cursor: book.list_actions(position_id=position_id, limit=_PAGE, cursor=cursor)
    )
    oldest_first = sorted(actions, key=lambda each: each.ex_date)
    return {(each.kind, each.ex_date): each for each in oldest_first}


def action_body(action: ActionRecord) -> dict[str, object]:
    """Return how the audit trail names an action."""
    return {"action": action.kind.value, "ex_date": action.ex_date.isoformat()}


def note_difference(book: Book, journal: Journal, known: ActionRecord, differs: str | None) -> None:
    """Note once what is announced by now instead of a booked action, None when it is the same."""
    if differs == known.differs:
        return
    book.save_action(position_id=journal.record.id, action=replace(known, differs=differs))
    body = action_body(known) | {"known": known.terms, "announced": differs or known.terms}
    journal.log(EventKind.ACTION_DIFFERS, body)


def note_gone(
    book: Book, journal: Journal, told: Iterable[AnnouncedAction], history: History
) -> None:
    """Note the booked actions within the days of `history` that it does not tell any more."""
    if not history.bars:
        return
    first = history.bars[0].start
    present = {(each.kind, each.action.ex_date) for each in told}
    for key, action in known_actions(book, journal.record.id).items():
        is_booked = action.state is not ActionState.QUARANTINED
        if is_booked and key not in present and begin_of(action.ex_date) > first:
            note_difference(book, journal, action, _GONE)


def note_overdue(book: Book, journal: Journal, today: date) -> None:
    """Note once each dividend that the broker should have paid long ago."""
    for action in known_actions(book, journal.record.id).values():
        if action.kind is not ActionKind.DIVIDEND or action.state is not ActionState.BOOKED:
            continue
        assert action.due_on is not None, "what is unpaid is due some day"
        if today - action.due_on > OVERDUE_AFTER:
            overdue = replace(action, state=ActionState.OVERDUE)
            book.save_action(position_id=journal.record.id, action=overdue)
            body = action_body(action) | {"due_on": action.due_on.isoformat()}
            journal.log(EventKind.DIVIDEND_OVERDUE, body)
