"""Booking one dividend or split: its row, ledger, state and events move together."""

from dataclasses import replace
from datetime import date, timedelta

from app.domain import entitlement
from app.domain.book import LedgerKind
from app.domain.booked_action import ActionKind, ActionRecord, ActionState, begin_of
from app.domain.corporate_action import (
    Dividend,
    DividendBooking,
    Split,
    book_dividend,
    book_split,
    settle_receivable,
)
from app.domain.events import EventKind
from app.domain.position import Broker, Status
from app.domain.units import money_text, price_text, shares_text
from app.services.journal import Journal
from app.services.known_actions import action_body, note_difference
from app.services.ports import Book
from app.simulation.announced import AnnouncedAction

_UNIT = 1


class ActionBooking:
    """One announced action on the open page of a locked position."""

    def __init__(
        self, *, book: Book, journal: Journal, announced: AnnouncedAction, source: str
    ) -> None:
        self._book = book
        self._journal = journal
        self._announced = announced
        self._source = source
        self._known: ActionRecord | None = None

    def compare(self, known: ActionRecord) -> None:
        """Note once that the provider announces something else by now; nothing is booked again."""
        now_says = self._row(state=known.state).terms
        note_difference(
            self._book, self._journal, known, None if now_says == known.terms else now_says
        )

    def book(
        self, *, known: ActionRecord | None, doubt: str | None, set_on: date | None, today: date
    ) -> None:
        """Book the action with the shares of its ex-date, or keep it apart for a `doubt`.

        `known` is its row when it was kept apart before. `set_on` is the exchange date on which
        the anchor was last set: only an anchor from before the ex-date is moved.
        """
        self._known = known
        action = self._announced.action
        doubt = doubt or self._own_doubt()
        if doubt is not None:
            self._quarantine(doubt)
            return
        moves_anchor = set_on is not None and set_on < action.ex_date
        if isinstance(action, Dividend):
            self._book_dividend(action, moves_anchor=moves_anchor)
        else:
            self._book_split(action, moves_anchor=moves_anchor)
        if action.ex_date < today:
            self._journal.log(EventKind.ACTION_LEARNED_LATE, self._key())

    def _own_doubt(self) -> str | None:
        """Return what the book says against a split, or None."""
        action = self._announced.action
        if not isinstance(action, Split):
            return None
        record = self._journal.record
        if self._book.has_adopted(position_id=record.id, since=begin_of(action.ex_date)):
            return "the broker's number of shares was adopted since its ex-date"
        entitled = self._entitled()
        kept = entitlement.split_shares(entitled, action.numerator, action.denominator, _UNIT)
        if record.state.shares - entitled + kept < 0:
            return "more shares were sold since its ex-date than it leaves"
        return None

    def _book_dividend(self, dividend: Dividend, *, moves_anchor: bool) -> None:
        record, close = self._journal.record, self._announced.previous_close
        assert close is not None, "a dividend without a close before it is kept apart"
        entitled = self._entitled()
        booked, booking = book_dividend(
            replace(record.state, shares=entitled),
            dividend,
            record.strategy,
            previous_close=close,
        )
        if booking.net:
            self._journal.enter(
                LedgerKind.DIVIDEND, receivable=booking.net, reference=self._reference
            )
        if moves_anchor:
            self._journal.move_to(replace(self._journal.record.state, anchor=booked.anchor))
        lag = timedelta(days=record.strategy.pay_lag_days)
        self._store(
            replace(
                self._row(state=ActionState.BOOKED if booking.net else ActionState.SETTLED),
                entitled=entitled,
                gross=booking.gross,
                tax=booking.tax,
                net=booking.net,
                due_on=dividend.pay_date or dividend.ex_date + lag,
            )
        )
        body = _dividend_body(entitled, dividend, booking) | {"previous_close": price_text(close)}
        self._journal.log(EventKind.DIVIDEND_BOOKED, self._key() | body | self._anchor())

    def _book_split(self, split: Split, *, moves_anchor: bool) -> None:
        """Book the new shares; what is left below the lot is paid on paper.

        There it is a sale at the close before the ex-date, as its open is not known yet. A broker
        pays or keeps the fraction at its own rate, which the comparison with the account shows.
        """
        record, close = self._journal.record, self._announced.previous_close
        assert close is not None, "a split without a close before it is kept apart"
        state, on_paper = record.state, record.state.broker is Broker.PAPER
        strategy = record.strategy if on_paper else replace(record.strategy, lot=_UNIT)
        entitled = self._entitled()
        booked, paid = book_split(
            replace(state, shares=entitled), split, strategy, opening_price=close
        )
        kept = booked.shares
        if kept != entitled:
            self._journal.enter(LedgerKind.SPLIT, shares=kept - entitled, reference=self._reference)
        if paid and on_paper:
            self._journal.enter(LedgerKind.SPLIT_REMAINDER, cash=paid, reference=self._reference)
        after = self._journal.record.state
        if moves_anchor:
            after = replace(after, anchor=booked.anchor)
        if state.last_used_on is not None and state.last_used_on < split.ex_date:
            after = replace(after, last_price=booked.last_price)
        self._journal.move_to(after)
        beside = entitlement.split_shares(
            record.shares_beside, split.numerator, split.denominator, _UNIT
        )
        self._journal.change(shares_beside=beside)
        awaited = not on_paper and kept + beside > 0
        self._store(
            replace(
                self._row(state=ActionState.BOOKED if awaited else ActionState.SETTLED),
                entitled=kept,
                due_on=split.ex_date,
            )
        )
        body = {
            "ratio": f"{split.numerator}:{split.denominator}",
            "shares_before": shares_text(entitled),
            "shares_after": shares_text(kept),
            "paid": money_text(paid if on_paper else 0),
        }
        self._journal.log(EventKind.SPLIT_BOOKED, self._key() | body | self._anchor())

    def _entitled(self) -> int:
        ex_date = self._announced.action.ex_date
        return self._book.entitled_shares(
            position_id=self._journal.record.id, ex_date=ex_date, begins=begin_of(ex_date)
        )

    def _quarantine(self, doubt: str) -> None:
        row = replace(self._row(state=ActionState.QUARANTINED), note=doubt)
        if self._known is not None and self._known.note == doubt:
            return
        self._store(row)
        body = self._key() | {"announced": row.terms, "reason": doubt}
        self._journal.log(EventKind.ACTION_QUARANTINED, body)
        state = self._journal.record.state
        if row.kind is ActionKind.SPLIT and state.status is not Status.HALTED:
            self._journal.halt(
                f"A split {row.terms} of {state.symbol} on {row.ex_date} is announced and not "
                f"booked: {doubt}. Check the split, the shares and the anchor, then resolve the "
                "halt."
            )

    def _store(self, row: ActionRecord) -> None:
        position_id = self._journal.record.id
        if self._known is None:
            self._book.add_action(position_id=position_id, action=row)
        else:
            self._book.save_action(position_id=position_id, action=row)

    @property
    def _reference(self) -> str:
        return self._row(state=ActionState.BOOKED).reference

    def _key(self) -> dict[str, object]:
        row = self._row(state=ActionState.BOOKED)
        return action_body(row) | {"source": self._source}

    def _anchor(self) -> dict[str, object]:
        anchor = self._journal.record.state.anchor
        return {"anchor": None if anchor is None else price_text(anchor)}

    def _row(self, *, state: ActionState) -> ActionRecord:
        action = self._announced.action
        dividend = action if isinstance(action, Dividend) else None
        split = action if isinstance(action, Split) else None
        return ActionRecord(
            kind=self._announced.kind,
            ex_date=action.ex_date,
            state=state,
            per_share=None if dividend is None else dividend.per_share,
            numerator=None if split is None else split.numerator,
            denominator=None if split is None else split.denominator,
            previous_close=self._announced.previous_close,
            entitled=0,
            gross=0,
            tax=0,
            net=0,
            due_on=None,
            paid_on=None,
            source=self._source,
            learned_at=self._journal.at,
            note=None,
            differs=None,
        )


def settle_dividend(book: Book, journal: Journal, action: ActionRecord, *, on: date) -> None:
    """Move the receivable of a booked dividend to cash, once: its state says that it is paid."""
    before = journal.record.state
    journal.enter(
        LedgerKind.DIVIDEND_PAID,
        cash=action.net,
        receivable=-action.net,
        reference=action.reference,
    )
    assert journal.record.state == settle_receivable(before, action.net), "the rule and the ledger"
    book.save_action(
        position_id=journal.record.id,
        action=replace(action, state=ActionState.SETTLED, paid_on=on),
    )
    body = action_body(action) | {"net": money_text(action.net), "paid_on": on.isoformat()}
    journal.log(EventKind.DIVIDEND_PAID, body)


def _dividend_body(
    entitled: int, dividend: Dividend, booking: DividendBooking
) -> dict[str, object]:
    return {
        "shares": shares_text(entitled),
        "per_share": money_text(dividend.per_share),
        "gross": money_text(booking.gross),
        "tax": money_text(booking.tax),
        "net": money_text(booking.net),
    }
