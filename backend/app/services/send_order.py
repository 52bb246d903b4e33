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
    Unsent,
)
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Broker
from app.domain.risk import SENTENCES, risk_of
from app.services.brake import Brake
from app.services.last_look import LastLook
from app.services.order_page import OrderPage, OrderPages
from app.services.ports import Clock, Store
from app.services.venues import Venues


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an order is waited for.

    `fresh` bounds when it may be sent (again), `timeout` when it is cancelled. One that the
    broker does not know is void after three answers over at least `missing`. Asking for its
    cancellation or for a lost order is repeated after `again`. Fills that the broker counts and
    does not report halt after `reported`. `leaves_within` is how many seconds old the look at the
    kill switch may be when the first byte of an order leaves.
    """

    fresh: timedelta = timedelta(seconds=60)
    timeout: timedelta = timedelta(seconds=60)
    missing: timedelta = timedelta(seconds=60)
    again: timedelta = timedelta(seconds=5)
    reported: timedelta = timedelta(minutes=10)
    leaves_within: float = 0.75


class SendOrder:
    """Sends an order at most once a call."""

    def __init__(
        self,
        *,
        store: Store,
        pages: OrderPages,
        venues: Venues,
        clock: Clock,
        monotonic: Callable[[], float],
        patience: Patience,
        reached: Callable[[str], None],
        brake: Brake,
    ) -> None:
        self._store = store
        self._pages = pages
        self._venues = venues
        self._clock = clock
        self._monotonic = monotonic
        self._patience = patience
        self._reached = reached
        self._brake = brake
        self._look = LastLook(venues=venues, clock=clock)
        self._not_before: dict[Broker, float] = {}

    def send(self, record: PositionRecord, order: OrderRecord) -> bool:
        """Send the order, and return whether the broker has it or its end is known.

        Of an order that may have been sent before, no refusal now says what became of it then.

        Raises
        ------
        BrokerError
            When the account cannot be looked at; nothing was sent.
        """
        broker = record.state.broker
        if self._monotonic() < self._not_before.get(broker, 0):
            return False
        brokerage = self._venues.at(broker).brokerage
        account, live = brokerage.account(), brokerage.live_orders()
        clocks_agree = self._look.clocks_agree(broker)
        epoch = self._venues.epoch()
        with self._pages.page(record, order) as page:
            if page is None:
                return True
            leaving = self._look.at(
                page.book,
                page.journal.record,
                page.order,
                account=account,
                live=live,
                clocks_agree=clocks_agree,
            )
            failed = risk_of(leaving)
            if failed is not None:
                if order.sent_at is None:
                    page.close(OrderState.REJECTED, OrderEnd.RISK, SENTENCES[failed])
                return order.sent_at is None
            noted = page.change(sent_at=self._clock.now())
        self._reached("noted")
        submission = brokerage.submit(
            order=noted,
            symbol=record.state.symbol,
            extended=noted.extended,
            in_time=self._trading_goes_on(epoch),
        )
        self._reached("submitted")
        if isinstance(submission, Throttled):
            self._not_before[broker] = self._monotonic() + submission.retry_after_seconds
        with self._pages.page(record, noted) as page:
            if page is not None:
                _note(page, submission, sent_before=order.sent_at)
        self._reached("answered")
        return isinstance(submission, Accepted | AlreadyThere | Rejected)

    def _trading_goes_on(self, epoch: int) -> Callable[[], bool]:
        """Look at the kill switch, and return whether that look still counts, to be asked again.

        The look before was within the transaction of the note, which a slow database stretches.
        """
        free = self._brake.free()
        with self._store.book() as book:
            book.require_epoch(epoch=epoch)
            looked_at = self._monotonic()
            halted = book.trading_halted()
        expires_at = looked_at + self._patience.leaves_within
        return lambda: not halted and free() and self._monotonic() <= expires_at


def _note(page: OrderPage, submission: Submission, *, sent_before: datetime | None) -> None:
    match submission:
        case Accepted(broker_order_id=broker_order_id):
            page.change(state=OrderState.OPEN, broker_order_id=broker_order_id)
        case AlreadyThere():
            page.change(state=OrderState.UNKNOWN)
        case Uncertain(message=message):
            page.change(state=OrderState.UNKNOWN, note=message)
        case Throttled(message=message) | Unsent(message=message):
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
