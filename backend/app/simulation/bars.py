"""Bars and datasets: columns of whole numbers, immutable, known by the digest of their content."""

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from app.domain.corporate_action import Dividend, Split
from app.domain.events import canonical_json


class Resolution(StrEnum):
    """The length of a bar, from the shortest."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER_HOUR = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def seconds(self) -> int:
        """Return the length in seconds; that of a day from 09:30 to 16:00."""
        return _SECONDS[self]


_SECONDS = {
    Resolution.MINUTE: 60,
    Resolution.FIVE_MINUTES: 300,
    Resolution.QUARTER_HOUR: 900,
    Resolution.HALF_HOUR: 1800,
    Resolution.HOUR: 3600,
    Resolution.DAY: 23_400,
}


class Adjustment(StrEnum):
    """Whether prices are as traded, or already divided by later splits."""

    RAW = "raw"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The bars of one symbol, oldest first, with its corporate actions.

    Columns are int64 arrays of one length: `starts` and `ends` in epoch seconds UTC, `sessions`
    as proleptic ordinals of the exchange date, prices in ticks, `volumes` in shares. A daily bar
    starts at 09:30 and ends at 16:00 New York time. Splits of split-adjusted bars are recorded,
    not applied. `early_closes` are the sessions of shorter bars that end before 16:00, with the
    moment of their close in epoch seconds, as the exchange calendar tells them at import.
    """

    symbol: str
    resolution: Resolution
    adjustment: Adjustment
    starts: array[int]
    ends: array[int]
    sessions: array[int]
    opens: array[int]
    highs: array[int]
    lows: array[int]
    closes: array[int]
    volumes: array[int]
    dividends: tuple[Dividend, ...]
    splits: tuple[Split, ...]
    early_closes: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert len(self.starts) > 0, "a dataset has bars"
        assert all(len(column) == len(self.starts) for column in self.columns().values())
        is_daily = self.resolution is Resolution.DAY
        assert not (is_daily and self.early_closes), "a daily bar knows no hours"

    def __len__(self) -> int:
        return len(self.starts)

    def columns(self) -> Mapping[str, array[int]]:
        """Return the int64 columns by name."""
        return {
            "starts": self.starts,
            "ends": self.ends,
            "sessions": self.sessions,
            "opens": self.opens,
            "highs": self.highs,
            "lows": self.lows,
            "closes": self.closes,
            "volumes": self.volumes,
        }

    def start_at(self, index: int) -> datetime:
        """Return when bar `index` starts, in UTC."""
        return datetime.fromtimestamp(self.starts[index], tz=UTC)

    def session(self, index: int) -> date:
        """Return the exchange date of bar `index`."""
        return date.fromordinal(self.sessions[index])


def content_digest(bars: Bars) -> str:
    """Return the sha256 of everything that a simulation can see of `bars`, in hex."""
    digest = hashlib.sha256(canonical_json(_heading(bars)).encode())
    for name, column in bars.columns().items():
        digest.update(f"\n{name}\n".encode())
        digest.update(_little_endian(column))
    return digest.hexdigest()


def _heading(bars: Bars) -> dict[str, object]:
    heading: dict[str, object] = {
        "symbol": bars.symbol,
        "resolution": bars.resolution.value,
        "adjustment": bars.adjustment.value,
        "dividends": [
            [d.ex_date.isoformat(), d.per_share, d.pay_date.isoformat() if d.pay_date else None]
            for d in bars.dividends
        ],
        "splits": [[s.ex_date.isoformat(), s.numerator, s.denominator] for s in bars.splits],
    }
    if bars.early_closes:
        heading["early_closes"] = [
            [date.fromordinal(session).isoformat(), closes]
            for session, closes in sorted(bars.early_closes.items())
        ]
    return heading


def _little_endian(column: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(8, "little", signed=True) for value in column)


class Severity(StrEnum):
    """How much a finding matters; a blocking one refuses the import."""

    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a quality check noticed: what, where, how bad, and in words."""

    code: str
    place: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """A dataset without its bars; `id` is the first 16 hex digits of `digest`.

    `provenance` is canonical JSON values: provider, fetched or imported at, file, licence, notes.
    `parent_id` names the version before this one, of the same kind and provider.
    """

    id: str
    digest: str
    symbol: str
    resolution: Resolution
    adjustment: Adjustment
    first_session: date
    last_session: date
    bars: int
    sessions: int
    dividends: int
    splits: int
    provenance: Mapping[str, object]
    findings: tuple[Finding, ...]
    created_at: datetime
    parent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset with its bars."""

    record: DatasetRecord
    bars: Bars
