"""The product without any broker account: what tests of paper trading build it with."""

import time

from app.adapters.postgres.store import PostgresStore
from app.services.book_fills import BookFills
from app.services.carry_order import CarryOrder
from app.services.pin_account import PinAccount
from app.services.ports import Clock, Store
from app.services.send_order import Patience
from app.services.venues import Venues


class NoLease:
    """Satisfies `Lease`; another process holds it."""

    epoch: int | None = None

    def take(self) -> int | None:
        return None

    def beat(self) -> bool:
        return False

    def give_up(self) -> None:
        pass


def no_venues() -> Venues:
    return Venues(connected={}, lease=NoLease())


def no_pinning(clock: Clock) -> PinAccount:
    return PinAccount(venues=no_venues(), clock=clock)


def carries_nothing(store: Store | PostgresStore, clock: Clock) -> CarryOrder:
    venues = no_venues()
    return CarryOrder(
        store=store,
        venues=venues,
        fills=BookFills(store=store, venues=venues, clock=clock),
        clock=clock,
        monotonic=time.monotonic,
        patience=Patience(),
    )
