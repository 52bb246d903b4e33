"""Sending an order: a last look, a note that it leaves, and what the broker says to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.book import OrderRecord, PositionRecord
from app.domain.brokerage import (
    Accepted,
    AlreadyThere,
    Rejected,
    Submission,
    Throttled,
    Uncertain,
)
from app.domain.order import OrderEnd, OrderState
from app.domain.risk import SENTENCES, risk_of
from app.services.last_look import LastLook
from app.services.order_page import OrderPage, OrderPages
from app.services.ports import Clock
from app.services.venues import Venues


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an order is waited for.

    `fresh` bounds when it may be sent (again), `timeout` when it is cancelled. One that the
    broker does not know is void after three answers over at least `missing`. Asking for its
    cancellation or for a lost order is repeated after `again`. Fills that the broker counts and
    does not report halt after `reported`. `leaves_within` is how many seconds old the look at the
    kill switch may be when an order leaves.
    """

    fresh: timedelta = timedelta(seconds=60)
    timeout: timedelta = timedelta(seconds=60)
    missing: timedelta = timedelta(seconds=60)
    again: timedelta = timedelta(seconds=5)
    reported: timedelta = timedelta(minutes=10)
    leaves_within: float = 0.5


class SendOrder:
    """Sends an order at most once a call."""

    def __init__(
        self,
        *,
        pages: OrderPages,
        venues: Venues,
        clock: Clock,
        monotonic: Callable[[], float],
        patience: Patience,
        reached: Callable[[str], None],
    ) -> None:
        self._pages = pages
        self._venues = venues
        self._clock = clock
        self._monotonic = monotonic
        self._patience = patience
        self._reached = reached
        self._look = LastLook(venues=venues, clock=clock)
        self._not_before: dict[str, float] = {}

    def send(self, record: PositionRecord, order: OrderRecord) -> bool:
        """Send the order, and return whether the broker has it or its end is known.

        Of an order that may have been sent before, no refusal now says what became of it then.

        Raises
        ------
        BrokerError
            When the account cannot be looked at; nothing was sent.
        """
        if self._monotonic() < self._not_before.get(order.id, 0):
            return False
        brokerage = self._venues.at(record.state.broker).brokerage
        account, live = brokerage.account(), brokerage.live_orders()
        epoch, began = self._venues.epoch(), self._monotonic()
        with self._pages.page(record, order) as page:
            if page is None:
                return True
            leaving = self._look.at(
                page.book, page.journal.record, page.order, account=account, live=live
            )
            failed = risk_of(leaving)
            if failed is not None:
                if order.sent_at is None:
                    page.close(OrderState.REJECTED, OrderEnd.RISK, SENTENCES[failed])
                return order.sent_at is None
            noted = page.change(sent_at=self._clock.now())
        self._reached("noted")
        late = self._monotonic() - began > self._patience.leaves_within
        if late or self._venues.epoch() != epoch:
            # Somebody may have stopped trading, or taken it over, since that look.
            self._pages.save(record, noted, sent_at=order.sent_at)
            return False
        submission = brokerage.submit(
            order=noted, symbol=record.state.symbol, extended=noted.extended
        )
        self._reached("submitted")
        if isinstance(submission, Throttled):
            self._not_before[order.id] = self._monotonic() + submission.retry_after_seconds
        with self._pages.page(record, noted) as page:
            if page is not None:
                _note(page, submission, sent_before=order.sent_at)
        self._reached("answered")
        return isinstance(submission, Accepted | AlreadyThere | Rejected)


def _note(page: OrderPage, submission: Submission, *, sent_before: datetime | None) -> None:
    match submission:
        case Accepted(broker_order_id=broker_order_id):
            page.change(state=OrderState.OPEN, broker_order_id=broker_order_id)
        case AlreadyThere():
            page.change(state=OrderState.UNKNOWN)
        case Uncertain(message=message):
            page.change(state=OrderState.UNKNOWN, note=message)
        case Throttled(message=message):
            page.change(sent_at=sent_before, note=message)
        case Rejected(message=message) if sent_before is not None:
            page.change(state=OrderState.UNKNOWN, note=message)
        case Rejected(message=message, account_trouble=trouble):
            if trouble:
                name = page.journal.record.state.broker.value
                page.journal.halt(
                    f"{name} refuses the account: {message} Settle it with the broker, then "
                    "resolve the halt."
                )
            page.close(OrderState.REJECTED, OrderEnd.REFUSED, message)
