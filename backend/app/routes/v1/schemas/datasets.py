"""Datasets on the wire."""

from datetime import date, datetime
from typing import Literal

from app.domain.units import price_text
from app.routes.v1.schemas.wire import DecimalText, WireModel
from app.simulation.bars import Bars, DatasetRecord, Resolution


class ResampleIn(WireModel):
    """How long the bars shall be: longer than those of the dataset."""

    resolution: Resolution


class FindingOut(WireModel):
    """One thing that a quality check noticed."""

    code: str
    place: str
    severity: Literal["info", "warning", "blocking"]
    message: str


class DatasetOut(WireModel):
    """An immutable set of bars, known by the digest of its content, with its provenance.

    `parent_id` names the version before it, of the same kind and provider.
    """

    id: str
    digest: str
    symbol: str
    resolution: str
    adjustment: Literal["raw", "split"]
    first_session: date
    last_session: date
    bars: int
    sessions: int
    dividends: int
    splits: int
    provenance: dict[str, object]
    findings: list[FindingOut]
    created_at: datetime
    parent_id: str | None


class BarOut(WireModel):
    """One bar; times in UTC, volume in shares."""

    start: datetime
    session: date
    open: DecimalText
    high: DecimalText
    low: DecimalText
    close: DecimalText
    volume: int


class BarsOut(WireModel):
    """Bars of a dataset, oldest first; `every` of them were merged into one."""

    items: list[BarOut]
    every: int


def dataset_out(record: DatasetRecord) -> DatasetOut:
    """Return a dataset as the wire writes it."""
    return DatasetOut(
        id=record.id,
        digest=record.digest,
        symbol=record.symbol,
        resolution=record.resolution.value,
        adjustment=record.adjustment.value,
        first_session=record.first_session,
        last_session=record.last_session,
        bars=record.bars,
        sessions=record.sessions,
        dividends=record.dividends,
        splits=record.splits,
        provenance=dict(record.provenance),
        findings=[
            FindingOut(
                code=finding.code,
                place=finding.place,
                severity=finding.severity.value,
                message=finding.message,
            )
            for finding in record.findings
        ],
        created_at=record.created_at,
        parent_id=record.parent_id,
    )


def bars_out(bars: Bars, every: int) -> BarsOut:
    """Return bars as the wire writes them."""
    return BarsOut(items=[_bar(bars, index) for index in range(len(bars))], every=every)


def _bar(bars: Bars, index: int) -> BarOut:
    return BarOut(
        start=bars.start_at(index),
        session=bars.session(index),
        open=price_text(bars.opens[index]),
        high=price_text(bars.highs[index]),
        low=price_text(bars.lows[index]),
        close=price_text(bars.closes[index]),
        volume=bars.volumes[index],
    )
