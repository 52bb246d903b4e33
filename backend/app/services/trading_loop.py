"""The loop that trades: every running position in its turn, in one process at a time."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from app.domain.errors import DomainError, UnavailableError
from app.domain.gates import session_is_open
from app.domain.position import Broker
from app.services.carry_order import CarryOrder
from app.services.corporate_actions import CorporateActions
from app.services.ports import Lease, Store
from app.services.read_market import ReadMarket
from app.services.reconcile import Reconcile
from app.services.tick import Tick, TickResult
from app.services.venues import Venues

WORKERS = 8
_log = logging.getLogger(__name__)


class LoopState(StrEnum):
    """What the loop of this process does."""

    OFF = "off"
    STANDBY = "standby"
    """Another process trades."""
    TRADING = "trading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often, in seconds, the loop does what.

    A running position is looked at every `interval`, and so is whether corporate actions are due;
    a live order is looked at every `order`. The books are compared with the brokers' every
    `reconcile`, after each fill, and every `order` until that succeeded once. The kill switch is
    read every `look`, and the lease is confirmed every `beat`.
    """

    interval: float = 60
    order: float = 1
    reconcile: float = 300
    look: float = 0.25
    beat: float = 1


class TradingLoop:
    """Recovers, then trades, for as long as this process holds the lease.

    It keeps nothing that a restart would miss: start, recovery and reconciliation are one.
    """

    def __init__(
        self,
        *,
        store: Store,
        lease: Lease,
        venues: Venues,
        market: ReadMarket,
        tick: Tick,
        carrying: CarryOrder,
        reconciling: Reconcile,
        actions: CorporateActions,
        monotonic: Callable[[], float],
        pace: Pace,
    ) -> None:
        self._store = store
        self._lease = lease
        self._venues = venues
        self._market = market
        self._tick = tick
        self._carrying = carrying
        self._reconciling = reconciling
        self._actions = actions
        self._monotonic = monotonic
        self._pace = pace
        self._woken = threading.Event()
        self._looked = threading.Event()
        self._due: dict[str, float] = {}
        self._busy: dict[str, Future[None]] = {}
        self._reconciled: set[Broker] = set()
        self._was_halted = False
        self.state = LoopState.OFF

    def wake(self) -> None:
        """Look at the live orders at once: something happened at a broker, or the loop ends."""
        self._woken.set()

    def wait_for_first_looks(self, *, seconds: float) -> None:
        """Return once what was due at the start is done, or another process trades.

        After `seconds` at the latest.
        """
        self._looked.wait(seconds)

    def run(self, *, ends: threading.Event) -> None:
        """Trade whenever the lease can be had, until `ends` is set."""
        try:
            while not ends.is_set():
                self._stand_by(ends)
                ends.wait(self._pace.look)
        finally:
            self.state = LoopState.OFF

    def _stand_by(self, ends: threading.Event) -> None:
        self.state = LoopState.STANDBY
        try:
            if self._lease.take() is not None:
                self._trade(ends)
        except UnavailableError as error:
            _log.warning("Trading waits: %s", error)
            ends.wait(self._pace.beat)
        finally:
            self._lease.give_up()
            self._looked.set()

    def _trade(self, ends: threading.Event) -> None:
        self._due, self._busy, self._reconciled = {}, {}, set()
        self.state = LoopState.TRADING
        beats_at = 0.0
        with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="trading") as pool:
            while not ends.is_set():
                if self._monotonic() >= beats_at:
                    if not self._lease.beat():
                        _log.error("Another process has taken over trading.")
                        return
                    beats_at = self._monotonic() + self._pace.beat
                self._round(pool)
                self._woken.wait(self._pace.look)
                if all(work.done() for work in self._busy.values()):
                    self._looked.set()

    def _round(self, pool: ThreadPoolExecutor) -> None:
        woken = self._woken.is_set()
        self._woken.clear()
        with self._store.book() as book:
            halted = book.trading_halted()
            running = book.running_positions()
            live = {
                broker: book.positions_with_live_orders(broker=broker)
                for broker in self._venues.brokers
            }
        at_once = woken or (halted and not self._was_halted)
        self._was_halted = halted
        for broker, positions in live.items():
            self._start_reconciling(pool, broker)
            if broker in self._reconciled:
                for position_id in positions:
                    self._start(
                        pool,
                        f"order {position_id}",
                        partial(self._carry, broker, position_id),
                        every=self._pace.order,
                        at_once=at_once,
                    )
        self._start(
            pool,
            "corporate actions",
            self._actions.bring_all_up_to_date,
            every=self._pace.interval,
        )
        if not halted:
            for position_id in running:
                self._start(
                    pool,
                    f"position {position_id}",
                    partial(self._look, position_id),
                    every=self._pace.interval,
                )

    def _start_reconciling(self, pool: ThreadPoolExecutor, broker: Broker) -> None:
        def reconcile() -> None:
            self._reconciling.reconcile(broker=broker)
            if broker not in self._reconciled:
                self._reconciled.add(broker)
                self._due[_account(broker)] = self._monotonic() + self._pace.reconcile
                self.wake()  # its positions wait for this

        # Until the first time succeeds nothing is traded there, so that it is tried often.
        every = self._pace.reconcile if broker in self._reconciled else self._pace.order
        self._start(pool, _account(broker), reconcile, every=every)

    def _carry(self, broker: Broker, position_id: str) -> None:
        if self._carrying.carry(position_id=position_id):
            self._reconcile_soon(broker)

    def _reconcile_soon(self, broker: Broker) -> None:
        self._due.pop(_account(broker), None)

    def _look(self, position_id: str) -> None:
        """Tick a position, unless its session is closed or its account is not reconciled yet."""
        with self._store.book() as book:
            record = book.get_position(position_id=position_id)
        broker = record.state.broker
        if broker is not Broker.PAPER and broker not in self._reconciled:
            self._due.pop(f"position {position_id}", None)
            return
        if not session_is_open(self._market.clock().phase, record.strategy):
            return
        result = self._tick.tick(position_id=position_id)
        if broker is not Broker.PAPER and isinstance(result, TickResult) and result.trade:
            self._reconcile_soon(broker)

    def _start(
        self,
        pool: ThreadPoolExecutor,
        name: str,
        work: Callable[[], None],
        *,
        every: float,
        at_once: bool = False,
    ) -> None:
        """Do the work when it is due and not under way; it never delays the others."""
        now = self._monotonic()
        busy = self._busy.get(name)
        if (busy is not None and not busy.done()) or (
            not at_once and now < self._due.get(name, now)
        ):
            return
        self._due[name] = now + every
        self._busy[name] = pool.submit(_guarded, name, work)


def _account(broker: Broker) -> str:
    return f"account {broker.value}"


def _guarded(name: str, work: Callable[[], None]) -> None:
    try:
        work()
    except DomainError as error:
        _log.warning("The %s waits: %s", name, error)
    except Exception:  # noqa: BLE001 - around one position, so that the others go on
        _log.exception("The %s met what nobody foresaw; the others go on.", name)
