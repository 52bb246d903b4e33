"""What the use cases need from the outside, as protocols next to their consumer."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Protocol

from app.domain.announcement import Announcement
from app.domain.book import (
    AuditEvent,
    DecisionRecord,
    Gap,
    LedgerEntry,
    OrderRecord,
    Page,
    PositionRecord,
    StoredAnswer,
    StrategyVersion,
    TradeRecord,
    UsedPrice,
)
from app.domain.booked_action import ActionRecord
from app.domain.brokerage import (
    BrokerAccount,
    BrokerCash,
    BrokerClock,
    BrokerFill,
    BrokerOrder,
    Submission,
)
from app.domain.budget import BudgetStatus
from app.domain.events import EventKind
from app.domain.history import History, HistoryLimits
from app.domain.observation import MarketPhase, Observation
from app.domain.order import Fill, OrderEnd
from app.domain.position import Broker as BrokerName
from app.domain.session import TradingSession
from app.domain.strategy import Strategy
from app.domain.trading import BrokerAccountRecord, SwitchEvent, TradingSwitch
from app.simulation.archive import ArchivedSession, FetchRecord, HarvestRecord
from app.simulation.bars import Adjustment, Bars, Dataset, DatasetRecord, Resolution
from app.simulation.progress import OnProgress
from app.simulation.run import RunRecord, SimulationRequest
from app.simulation.stored_course import StoredCourse


class Clock(Protocol):
    """The wall clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class Market(Protocol):
    """A market data provider."""

    def observe(self, *, symbol: str) -> Observation:
        """Return the latest observation of `symbol`.

        Raises
        ------
        ProviderError
            When the provider cannot answer; never a made-up price.
        """
        ...


class HistoryProvider(Protocol):
    """A provider of past bars."""

    def limits(self, *, resolution: Resolution) -> HistoryLimits:
        """Return how far back and how long a span this provider gives."""
        ...

    def fetch(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        start: date,
        end: date,
        on_progress: Callable[[int, int], None],
    ) -> History:
        """Return the bars of the exchange dates `start` to `end`, both included.

        `on_progress` is called with parts done and parts in all.

        Raises
        ------
        ProviderError
            RANGE before anything is asked, when the span is outside the limits; otherwise when
            the provider cannot answer. Nothing is given in part.
        """
        ...


class ProviderState(Protocol):
    """How a market data provider is, without asking it."""

    def budget(self) -> BudgetStatus:
        """Return how many requests are left, and whether the provider is left alone for now."""
        ...


class ObservationCache(Protocol):
    """The latest observations, shared between processes; may be empty or vanish at any time."""

    def get(self, *, symbol: str) -> Observation | None:
        """Return the last observation of `symbol`, or None."""
        ...

    def ticks(self, *, symbol: str) -> tuple[Observation, ...]:
        """Return the latest observations with a price, one a trade, oldest first."""
        ...

    def put(self, *, observation: Observation, ttl_seconds: int) -> None:
        """Keep `observation` for `ttl_seconds`; a lost cache is logged, never an error."""
        ...


class HistoryCache(Protocol):
    """Answers about the past, shared between processes; may be empty or vanish at any time."""

    def get(self, *, question: str) -> History | None:
        """Return the answer to `question`, or None."""
        ...

    def put(self, *, question: str, history: History, ttl_seconds: int) -> None:
        """Keep the answer for `ttl_seconds`; a lost cache is logged, never an error."""
        ...


class Calendar(Protocol):
    """Sessions of the exchange (XNYS), half days and extended hours included."""

    def phase(self, *, at: datetime) -> MarketPhase:
        """Return the part of the exchange's day that `at` (UTC) belongs to."""
        ...

    def session_date(self, *, at: datetime) -> date:
        """Return the exchange's calendar date at `at`."""
        ...

    def next_change(self, *, at: datetime) -> tuple[MarketPhase, datetime]:
        """Return the next phase after `at` and the moment it begins."""
        ...

    def upcoming(self, *, at: datetime, count: int) -> tuple[TradingSession, ...]:
        """Return the next `count` sessions, one under way at `at` included."""
        ...

    def holiday(self, *, at: datetime) -> str | None:
        """Return why the exchange does not trade on the date of `at`, or None if it does."""
        ...

    def sessions(self, *, start: date, end: date) -> tuple[date, ...]:
        """Return the dates from `start` to `end`, both included, on which the exchange trades.

        Raises
        ------
        InvalidInputError
            When a bound lies outside the calendar.
        """
        ...

    def early_closes(self, *, start: date, end: date) -> Mapping[date, datetime]:
        """Return the sessions from `start` to `end` that close before 16:00, with their close.

        Raises
        ------
        InvalidInputError
            When a bound lies outside the calendar.
        """
        ...


class ReadCsv(Protocol):
    """Reads price files."""

    def __call__(
        self,
        content: bytes,
        *,
        symbol: str,
        resolution: Resolution,
        adjustment: Adjustment,
        timezone: str,
    ) -> Bars:
        """Return the bars and corporate actions in `content`.

        Raises
        ------
        InvalidInputError
            With every place that is wrong; nothing is read in part.
        """
        ...


class Requests(Protocol):
    """Answers to requests that carry an idempotency key, inside the transaction of their effect."""

    def begin_request(self, *, key: str, digest: str) -> StoredAnswer | None:
        """Claim an idempotency key in this transaction, or return the answer it already has.

        Raises
        ------
        ConflictError
            When the same key is still running elsewhere (reason `request_in_progress`).
        InvalidInputError
            When the key was used with another body.
        """
        ...

    def finish_request(self, *, key: str, answer: StoredAnswer) -> None:
        """Store the answer under the claimed key."""
        ...

    def complete_request(self, *, key: str, answer: StoredAnswer) -> None:
        """Store the answer in place of the note of an effect that goes on after its commit."""
        ...


class Book(Requests, Protocol):
    """The positions and everything that hangs on them, inside one transaction.

    Lists are newest first; `cursor` is a number or identity from the page before. Reading an
    unknown position raises NotFoundError.
    """

    def trading_halted(self) -> bool:
        """Return whether the kill switch is set."""
        ...

    def trading_switch(self) -> TradingSwitch:
        """Return the kill switch."""
        ...

    def lock_switch(self) -> TradingSwitch:
        """Return the kill switch; nobody else flips it, and no order commits, until the end."""
        ...

    def last_switch_event(self) -> SwitchEvent | None:
        """Return the newest event of the kill switch, or None."""
        ...

    def flip_switch(self, *, switch: TradingSwitch, event: SwitchEvent) -> None:
        """Store the locked kill switch with the event that changed it.

        While it is set, the end of a transaction that adds an order raises ConflictError (reason
        `trading_halted`), also when the order was added before.
        """
        ...

    def append_switch_event(self, *, event: SwitchEvent) -> None:
        """Append an event to the chain of the locked kill switch, which stays as it is."""
        ...

    def at_work(self) -> tuple[int, int]:
        """Return how many positions are running, and how many orders are live."""
        ...

    def position_ids(self) -> tuple[str, ...]:
        """Return the identities of all positions, archived ones too, oldest first."""
        ...

    def add_position(self, *, record: PositionRecord, reason: str) -> None:
        """Store a new position with version 1 of its strategy."""
        ...

    def lock_position(self, *, position_id: str) -> PositionRecord:
        """Return the position, locked until the transaction ends."""
        ...

    def get_position(self, *, position_id: str) -> PositionRecord:
        """Return the position as it is committed."""
        ...

    def list_positions(self, *, limit: int, cursor: str | None) -> Page[PositionRecord]:
        """Return the positions that are not archived."""
        ...

    def save_position(self, *, record: PositionRecord) -> None:
        """Store the changed state, name, counters and chain head of a locked position."""
        ...

    def add_strategy(self, *, position_id: str, version: StrategyVersion) -> None:
        """Store a new version of the strategy."""
        ...

    def list_strategies(
        self, *, position_id: str, limit: int, cursor: str | None
    ) -> Page[StrategyVersion]:
        """Return the versions of the strategy."""
        ...

    def add_decision(self, *, position_id: str, decision: DecisionRecord) -> None:
        """Store a decision."""
        ...

    def repeat_decision(
        self, *, position_id: str, number: int, at: datetime, price: int | None
    ) -> DecisionRecord:
        """Count one more equal refusal on decision `number`, widen its price range, return it."""
        ...

    def last_decision(self, *, position_id: str) -> DecisionRecord | None:
        """Return the newest decision, or None."""
        ...

    def get_decision(self, *, position_id: str, number: int) -> DecisionRecord:
        """Return decision `number`."""
        ...

    def list_decisions(
        self,
        *,
        position_id: str,
        limit: int,
        cursor: str | None,
        kind: str | None,
        reason: str | None,
    ) -> Page[DecisionRecord]:
        """Return the decisions."""
        ...

    def acting_decisions(
        self, *, position_id: str, after: int, until: int, limit: int
    ) -> tuple[DecisionRecord, ...]:
        """Return proposals and refusals numbered above `after` and up to `until`, oldest first."""
        ...

    def acting_from(self, *, position_id: str, until: int, count: int) -> int:
        """Return from where on there are `count` proposals and refusals, or all of them."""
        ...

    def used_prices(
        self, *, position_id: str, after: int, until: int, limit: int
    ) -> tuple[UsedPrice, ...]:
        """Return what decisions above `after` and up to `until` used for a price, oldest first.

        A price is used unless a gate refuses it.
        """
        ...

    def gaps(
        self, *, position_id: str, first: int, until: int, longer_than: timedelta
    ) -> tuple[Gap, ...]:
        """Return where decisions from `first` to `until` are further apart, oldest first."""
        ...

    def add_order(self, *, position_id: str, order: OrderRecord) -> None:
        """Store an order; at most one live order a position."""
        ...

    def save_order(self, *, order: OrderRecord) -> None:
        """Store the changed state of an order."""
        ...

    def list_orders(self, *, position_id: str, limit: int, cursor: str | None) -> Page[OrderRecord]:
        """Return the orders."""
        ...

    def live_order(self, *, position_id: str) -> OrderRecord | None:
        """Return the live order of a position, or None."""
        ...

    def find_order(self, *, position_id: str, order_id: str) -> OrderRecord | None:
        """Return an order of a position, or None when it has none of that id."""
        ...

    def order_of_broker(self, *, broker_order_id: str) -> tuple[str, str] | None:
        """Return position and id of the order that the broker knows by its own id, or None."""
        ...

    def position_of_order(self, *, order_id: str) -> str | None:
        """Return the position that an order belongs to, or None when it is not one of ours."""
        ...

    def count_orders(self, *, position_id: str, since: datetime) -> int:
        """Return how many orders of the position were sent since a moment."""
        ...

    def last_ends(self, *, position_id: str, count: int) -> tuple[OrderEnd, ...]:
        """Return how the last orders of a position ended, newest first."""
        ...

    def trades_of_order(self, *, order_id: str) -> tuple[TradeRecord, ...]:
        """Return the trades of an order, oldest first, without those that were taken back."""
        ...

    def find_trade(self, *, fill_id: str) -> TradeRecord | None:
        """Return the trade that a fill became, or None when it was not booked."""
        ...

    def broker_account(self, *, broker: BrokerName) -> BrokerAccountRecord | None:
        """Return what is kept of the account at `broker`, or None before the first position."""
        ...

    def add_broker_account(self, *, account: BrokerAccountRecord) -> None:
        """Keep an account for ever: no other one takes its place."""
        ...

    def arm_broker(self, *, broker: BrokerName, armed: bool) -> None:
        """Let real money trade, or not."""
        ...

    def fills_read_until(self, *, broker: BrokerName, at: datetime) -> None:
        """Keep until when the fills of the account were read."""
        ...

    def positions_at(self, *, broker: BrokerName) -> tuple[str, ...]:
        """Return the positions at a broker that are not archived, oldest first."""
        ...

    def positions_with_live_orders(self, *, broker: BrokerName) -> tuple[str, ...]:
        """Return the positions at a broker with a live order, oldest first."""
        ...

    def running_positions(self) -> tuple[str, ...]:
        """Return the positions that are running, oldest first."""
        ...

    def require_epoch(self, *, epoch: int) -> None:
        """Return while the lease is in its `epoch`; call it when the position is locked.

        Raises
        ------
        ConflictError
            When somebody else trades by now (reason `trading_elsewhere`).
        """
        ...

    def add_trade(self, *, position_id: str, trade: TradeRecord) -> None:
        """Store a fill; the same fill id twice is an error of the database."""
        ...

    def list_trades(self, *, position_id: str, limit: int, cursor: str | None) -> Page[TradeRecord]:
        """Return the trades."""
        ...

    def add_ledger_entry(self, *, position_id: str, entry: LedgerEntry) -> None:
        """Store a ledger entry."""
        ...

    def list_ledger(self, *, position_id: str, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """Return the ledger."""
        ...

    def add_action(self, *, position_id: str, action: ActionRecord) -> None:
        """Store an action; one of its kind and ex-date twice is an error of the database."""
        ...

    def save_action(self, *, position_id: str, action: ActionRecord) -> None:
        """Store a changed action; of a booked one only its payment and `differs` may change."""
        ...

    def list_actions(
        self, *, position_id: str, limit: int, cursor: str | None
    ) -> Page[ActionRecord]:
        """Return the actions, the one learned last first."""
        ...

    def unsettled_split(self, *, position_id: str) -> ActionRecord | None:
        """Return the oldest split that the broker has not shown yet, or None."""
        ...

    def entitled_shares(self, *, position_id: str, ex_date: date, begins: datetime) -> int:
        """Return the share units held when `ex_date` `begins`, after the split booked for it."""
        ...

    def has_adopted(self, *, position_id: str, since: datetime) -> bool:
        """Return whether the broker's number of shares was taken for ours since a moment."""
        ...

    def anchor_set_at(self, *, position_id: str) -> datetime | None:
        """Return when the anchor was last set by a price, an order or a person; None when never."""
        ...

    def paid_by_ledger(self, *, position_id: str) -> int:
        """Return the micros that dividends and the remainders of splits brought in cash."""
        ...

    def known_movements(self, *, broker: BrokerName, ids: Iterable[str]) -> frozenset[str]:
        """Return those of `ids` that are stored."""
        ...

    def add_movement(
        self, *, broker: BrokerName, movement: BrokerCash, position_id: str | None, at: datetime
    ) -> None:
        """Store a movement as booked to a position, or as nobody's; twice is an error."""
        ...

    def movements_until(self, *, broker: BrokerName) -> date | None:
        """Return the date of the newest movement that is stored, or None."""
        ...

    def fees_of_nobody(self, *, broker: BrokerName) -> int:
        """Return the micros of the fees, negative, that were booked to no position."""
        ...

    def append_event(self, *, position_id: str, event: AuditEvent) -> None:
        """Append a link to the chain."""
        ...

    def list_events(self, *, position_id: str, limit: int, cursor: str | None) -> Page[AuditEvent]:
        """Return the audit events."""
        ...

    def changes(self, *, position_id: str, until: int) -> tuple[tuple[datetime, EventKind], ...]:
        """Return when what happened up to event `until`, oldest first, decisions left out."""
        ...


class Shelf(Requests, Protocol):
    """The datasets and simulation runs, inside one transaction."""

    def add_dataset(self, *, dataset: Dataset) -> None:
        """Store a dataset; the same digest twice is a no-op."""
        ...

    def get_dataset(self, *, dataset_id: str) -> DatasetRecord:
        """Return a dataset without its bars, by id or digest."""
        ...

    def find_dataset(self, *, symbol: str, start: date, end: date) -> DatasetRecord | None:
        """Return the newest dataset of `symbol`, one that covers the dates first, or None."""
        ...

    def list_datasets(self, *, limit: int, cursor: str | None) -> Page[DatasetRecord]:
        """Return the datasets without their bars."""
        ...

    def latest_version(
        self, *, symbol: str, resolution: Resolution, adjustment: Adjustment, provider: str
    ) -> DatasetRecord | None:
        """Return the newest dataset of this kind that `provider` gave, or None."""
        ...

    def load_bars(self, *, dataset_id: str) -> Bars:
        """Return the bars and corporate actions of a dataset."""
        ...

    def add_fetch(self, *, fetch: FetchRecord) -> None:
        """Store a new job that fetches a dataset."""
        ...

    def get_fetch(self, *, fetch_id: str) -> FetchRecord:
        """Return a job that fetches a dataset."""
        ...

    def list_fetches(self, *, limit: int, cursor: str | None) -> Page[FetchRecord]:
        """Return the jobs that fetch datasets, newest first."""
        ...

    def list_live_fetches(self) -> tuple[FetchRecord, ...]:
        """Return the jobs that are queued or running."""
        ...

    def save_fetch(self, *, fetch: FetchRecord) -> None:
        """Store the changed status, progress, dataset or error of a job."""
        ...

    def archive_session(self, *, session: ArchivedSession) -> None:
        """Add a read of a session; an equal one before it is counted once more."""
        ...

    def load_archive(
        self, *, symbol: str, resolution: Resolution, start: date, end: date
    ) -> tuple[ArchivedSession, ...]:
        """Return one record a session, oldest first: one read twice, else the last one read."""
        ...

    def archived_from(self, *, symbol: str, resolution: Resolution) -> date | None:
        """Return the first session of `symbol` in the archive, or None."""
        ...

    def save_harvest(self, *, harvest: HarvestRecord) -> None:
        """Store how the last harvest of a symbol went."""
        ...

    def list_harvests(self) -> tuple[HarvestRecord, ...]:
        """Return how the last harvest of each symbol went."""
        ...

    def add_run(self, *, run: RunRecord) -> None:
        """Store a new simulation run."""
        ...

    def get_run(self, *, run_id: str) -> RunRecord:
        """Return a run with its result, without its series."""
        ...

    def list_runs(self, *, limit: int, cursor: str | None) -> Page[RunRecord]:
        """Return the runs, newest first, without their series."""
        ...

    def list_live_runs(self) -> tuple[RunRecord, ...]:
        """Return the runs that are queued or running."""
        ...

    def save_run(self, *, run: RunRecord) -> None:
        """Store the changed status, progress, result or error of a run."""
        ...

    def delete_run(self, *, run_id: str) -> None:
        """Remove a run and its course."""
        ...

    def save_course(self, *, run_id: str, course: StoredCourse) -> None:
        """Store the course of a completed run."""
        ...

    def load_course(self, *, run_id: str) -> StoredCourse | None:
        """Return the course of a completed run; None where this version cannot read it."""
        ...


class Store(Protocol):
    """Opens transactions: commits on a clean exit, rolls back on an exception."""

    def book(self) -> AbstractContextManager[Book]:
        """Open a transaction on the positions."""
        ...

    def shelf(self) -> AbstractContextManager[Shelf]:
        """Open a transaction on datasets and runs."""
        ...


class Announcer(Protocol):
    """Tells whoever is looking what just happened."""

    def publish(self, *, kind: str, body: Mapping[str, object]) -> None:
        """Announce `body`, JSON values without floats, as an `AnnouncementKind`.

        Never fails and never waits noticeably: what cannot be told is made up for by a `reset`.
        """
        ...


class EventStream(Announcer, Protocol):
    """What is announced by this and other processes; the latest few are kept.

    It may lose what it keeps at any time. Its readers then get a `reset`: read everything again.
    """

    def follow(self, *, after: str | None) -> AsyncGenerator[Announcement]:
        """Yield what follows the place `after`, then whatever comes, without end.

        It begins with a `reset` when there is no `after` or its place is not kept any more.
        """
        ...


class Locks(Protocol):
    """Locks that the processes on one database share."""

    def exclusively(self, *, name: str) -> AbstractContextManager[bool]:
        """Hold the lock `name` while open; False when another process holds it."""
        ...


class Ids(Protocol):
    """A source of fresh identities."""

    def new(self) -> str:
        """Return an identity that was never given before."""
        ...


class Broker(Protocol):
    """A broker that answers at once."""

    def execute(self, *, order: OrderRecord, strategy: Strategy) -> Fill:
        """Return the fill of `order`."""
        ...


class Lease(Protocol):
    """Which process trades; held by at most one, and lost by one that stands still."""

    @property
    def epoch(self) -> int | None:
        """Return the epoch that this process trades in, or None while another one does."""
        ...

    def take(self) -> int | None:
        """Return the epoch that begins now, or None while another process holds the lease.

        Raises
        ------
        UnavailableError
            When the database is away.
        """
        ...

    def beat(self) -> bool:
        """Say that this process is at work; False when the lease is lost."""
        ...

    def give_up(self) -> None:
        """Let another process have the lease."""
        ...


class Line(Protocol):
    """Everything that is open to a broker's account while the product runs."""

    def listen(self, *, ring: Callable[[], None]) -> None:
        """Ring whenever something happened to an order of the account, from now on."""
        ...

    def close(self) -> None:
        """Stop ringing, and close the connections."""
        ...


class Brokerage(Protocol):
    """A broker's account. Whatever it cannot tell raises BrokerError: no answer is not "none"."""

    def account(self) -> BrokerAccount:
        """Return the account."""
        ...

    def clock(self) -> BrokerClock:
        """Return the broker's clock."""
        ...

    def smallest_lot(self, *, symbol: str, phase: MarketPhase) -> int:
        """Return the smallest quantity, in share units, that orders are multiples of.

        Raises
        ------
        BrokerError
            Also when the broker does not trade `symbol`.
        """
        ...

    def submit(
        self, *, order: OrderRecord, symbol: str, extended: bool, in_time: Callable[[], bool]
    ) -> Submission:
        """Send `order` once, as a limit order for this day, and return what became of it.

        With `extended` it may fill outside of regular hours too. `in_time` is asked right before
        the first byte leaves; without it nothing does. It never raises for what the broker or
        the network did, and it never sends again.
        """
        ...

    def find(self, *, order_id: str) -> BrokerOrder | None:
        """Return the order that was sent under our id, or None when the broker knows none."""
        ...

    def order(self, *, broker_order_id: str) -> BrokerOrder | None:
        """Return an order by the broker's own id, or None when the broker knows none."""
        ...

    def live_orders(self) -> tuple[BrokerOrder, ...]:
        """Return every order of the account that can still fill."""
        ...

    def orders_since(self, *, at: datetime) -> tuple[BrokerOrder, ...]:
        """Return every order that was sent at `at` or later, whatever became of it."""
        ...

    def cancel(self, *, broker_order_id: str) -> None:
        """Ask for the end of an order, which is no error when it ended; whether it did is read."""
        ...

    def fills(self, *, since: datetime) -> tuple[BrokerFill, ...]:
        """Return every fill, and taking back of one, from `since` on, oldest first."""
        ...

    def cash_movements(self, *, since: datetime) -> tuple[BrokerCash, ...]:
        """Return the dividends, taxes and fees that were booked from `since` on, oldest first."""
        ...

    def shares(self, *, symbol: str) -> int:
        """Return how many share units of `symbol` the account holds; 0 when it holds none."""
        ...


class Compute(Protocol):
    """Runs simulations outside of this process."""

    def run(
        self,
        *,
        bars: Bars,
        request: SimulationRequest,
        dataset_digest: str,
        on_progress: OnProgress,
        cancelled: Callable[[], bool],
    ) -> tuple[Mapping[str, object], StoredCourse] | None:
        """Return the result and the course, or None when `cancelled` said so meanwhile.

        Raises
        ------
        DomainError
            What the simulation raised, or that its process died.
        """
        ...
