"""The kill switch: stopping all trading at once, and letting it go on."""

from dataclasses import dataclass

from app.domain.book import StoredAnswer
from app.domain.errors import ConflictError
from app.domain.trading import SwitchKind, TradingSwitch, next_event
from app.services.brake import Brake
from app.services.once import Ticket, once
from app.services.ports import Book, Clock, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """The kill switch, and what it stops: running positions and live orders, by their count."""

    switch: TradingSwitch
    running: int
    live_orders: int


class HaltTrading:
    """Flips the kill switch; every decision and every order looks at it where it is stored.

    Neither way changes the status of a position: what was running decides again after a resume,
    what was paused or halted stays so. `brake` is that of the orders of this process.
    """

    def __init__(self, *, store: Store, clock: Clock, brake: Brake | None = None) -> None:
        self._store = store
        self._clock = clock
        self._brake = brake or Brake()

    def read(self) -> Trading:
        """Return the kill switch and what is at work."""
        with self._store.book() as book:
            return _shown(book, book.trading_switch())

    def halt(self, *, reason: str, ticket: Ticket[Trading] | None = None) -> Trading | StoredAnswer:
        """Return the kill switch, set: from here on no order is made.

        One that is set already stays as it is, with its first reason.
        """

        def work(book: Book) -> Trading:
            switch = book.lock_switch()
            if not switch.halted:
                switch = self._flip(book, SwitchKind.HALTED, reason)
            return _shown(book, switch)

        with self._brake.pressed(), self._store.book() as book:
            return once(book, ticket, lambda: work(book))

    def resume(
        self, *, reason: str, ticket: Ticket[Trading] | None = None
    ) -> Trading | StoredAnswer:
        """Return the kill switch, no longer set.

        Raises
        ------
        ConflictError
            When it is not set.
        """

        def work(book: Book) -> Trading:
            if not book.lock_switch().halted:
                raise ConflictError(
                    reason="trading_not_halted",
                    message="Trading is not stopped, so there is nothing to resume.",
                )
            return _shown(book, self._flip(book, SwitchKind.RESUMED, reason))

        with self._store.book() as book:
            return once(book, ticket, lambda: work(book))

    def _flip(self, book: Book, kind: SwitchKind, reason: str) -> TradingSwitch:
        now = self._clock.now()
        switch = TradingSwitch(halted=kind is SwitchKind.HALTED, reason=reason, changed_at=now)
        event = next_event(book.last_switch_event(), at=now, kind=kind, body={"reason": reason})
        book.flip_switch(switch=switch, event=event)
        return switch


def _shown(book: Book, switch: TradingSwitch) -> Trading:
    running, live_orders = book.at_work()
    return Trading(switch=switch, running=running, live_orders=live_orders)
