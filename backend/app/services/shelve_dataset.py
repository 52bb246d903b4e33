"""A dataset of bars: assessed, and kept under the digest of its content."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from app.domain.errors import FieldError, InvalidInputError
from app.services.ports import Calendar, Shelf
from app.simulation.bars import (
    Bars,
    Dataset,
    DatasetRecord,
    Finding,
    Resolution,
    Severity,
    content_digest,
)
from app.simulation.quality import assess

_ID_LENGTH = 16


def dataset_of(
    bars: Bars,
    *,
    sessions: tuple[date, ...] | None,
    provenance: Mapping[str, object],
    known: Sequence[Finding],
    now: datetime,
    parent_id: str | None,
) -> Dataset:
    """Return the dataset of `bars` with its quality report, which begins with what is `known`.

    `sessions` are the dates that it should cover, None where the calendar does not reach.

    Raises
    ------
    InvalidInputError
        With every place that makes the data unusable.
    """
    findings = (*known, *assess(bars, sessions=sessions, now=now))
    _refuse_blocking(findings)
    digest = content_digest(bars)
    record = DatasetRecord(
        id=digest[:_ID_LENGTH],
        digest=digest,
        symbol=bars.symbol,
        resolution=bars.resolution,
        adjustment=bars.adjustment,
        first_session=bars.session(0),
        last_session=bars.session(len(bars) - 1),
        bars=len(bars),
        sessions=len(set(bars.sessions)),
        dividends=len(bars.dividends),
        splits=len(bars.splits),
        provenance=provenance,
        findings=findings,
        created_at=now,
        parent_id=parent_id,
    )
    return Dataset(record=record, bars=bars)


def shelved(shelf: Shelf, dataset: Dataset) -> DatasetRecord:
    """Return the dataset that is kept: this one, or the one of equal bars that was there."""
    shelf.add_dataset(dataset=dataset)
    return shelf.get_dataset(dataset_id=dataset.record.digest)


def sessions_of(bars: Bars, *, calendar: Calendar) -> tuple[date, ...] | None:
    """Return the exchange's dates of the span of `bars`, None where its calendar does not reach."""
    first, last = _span(bars)
    return sessions_between(calendar, start=first, end=last)


def sessions_between(calendar: Calendar, *, start: date, end: date) -> tuple[date, ...] | None:
    """Return the exchange's dates, None where its calendar does not reach."""
    try:
        return calendar.sessions(start=start, end=end)
    except InvalidInputError:
        return None  # the quality report says so


def with_early_closes(bars: Bars, *, calendar: Calendar) -> Bars:
    """Return `bars` with the early closes of their sessions; daily bars know no hours."""
    if bars.resolution is Resolution.DAY:
        return bars
    first, last = _span(bars)
    try:
        closes = calendar.early_closes(start=first, end=last)
    except InvalidInputError:
        return bars  # the quality report says that the calendar does not reach
    present = set(bars.sessions)
    early = {on.toordinal(): int(at.timestamp()) for on, at in closes.items()}
    return replace(bars, early_closes={on: at for on, at in early.items() if on in present})


def _span(bars: Bars) -> tuple[date, date]:
    return date.fromordinal(min(bars.sessions)), date.fromordinal(max(bars.sessions))


def _refuse_blocking(findings: Sequence[Finding]) -> None:
    errors = [
        FieldError(
            field=finding.place,
            message=f"cannot be used. {finding.message.removesuffix('.')}",
            allowed="corrected data",
        )
        for finding in findings
        if finding.severity is Severity.BLOCKING
    ]
    if errors:
        raise InvalidInputError(*errors)
