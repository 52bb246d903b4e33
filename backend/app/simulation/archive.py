"""Jobs that bring bars from a provider, and the archive of sessions that grows by them."""

from dataclasses import dataclass
from datetime import date, datetime

from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.run import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRecord:
    """A job that makes a dataset from the provider; dates are inclusive, `error` is for people.

    `done` and `total` count the parts that the provider is asked for.
    """

    id: str
    symbol: str
    resolution: Resolution
    adjustment: Adjustment
    start: date
    end: date
    status: RunStatus
    done: int
    total: int
    error: str | None
    dataset_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedSession:
    """The bars of one session as traded, as they were read from `source`.

    Equal reads are one record: `reads` of them, the last one at `received_at`.
    """

    bars: Bars
    digest: str
    source: str
    received_at: datetime
    reads: int

    def __post_init__(self) -> None:
        assert self.bars.adjustment is Adjustment.RAW, "the archive outlives splits"
        assert len(set(self.bars.sessions)) == 1, "a record holds one session"

    @property
    def session(self) -> date:
        """Return the exchange date."""
        return self.bars.session(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestRecord:
    """How the last daily harvest of a symbol went; `error` is None after a good one."""

    symbol: str
    resolution: Resolution
    attempted_at: datetime
    succeeded_at: datetime | None
    first_session: date | None
    last_session: date | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRange:
    """The first and last date that can be fetched, and whether the archive reaches further back."""

    resolution: Resolution
    start: date | None
    end: date
    archived_from: date | None
