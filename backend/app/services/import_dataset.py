"""Importing a price file: read completely, assessed, and kept under the digest of its content."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.book import StoredAnswer
from app.domain.errors import FieldError, InvalidInputError
from app.services.once import Ticket, once
from app.services.ports import Calendar, Clock, ReadCsv, Shelf, Store
from app.simulation.bars import (
    Adjustment,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who recorded the prices, under which terms, and what else is worth knowing about them."""

    provider: str
    licence: str | None
    notes: str | None


UPLOAD = Origin(provider="upload", licence=None, notes=None)


class ImportDataset:
    """Makes datasets of price files."""

    def __init__(
        self, *, store: Store, calendar: Calendar, clock: Clock, read_csv: ReadCsv
    ) -> None:
        self._store = store
        self._calendar = calendar
        self._clock = clock
        self._read_csv = read_csv

    def run(
        self,
        *,
        content: bytes,
        file_name: str | None,
        symbol: str,
        resolution: Resolution,
        adjustment: Adjustment,
        timezone: str,
        origin: Origin = UPLOAD,
        ticket: Ticket[DatasetRecord] | None = None,
    ) -> DatasetRecord | StoredAnswer:
        """Return the dataset of `content`; the same bars again are the dataset that is there.

        Raises
        ------
        InvalidInputError
            With every place that cannot be read, or that makes the data unusable.
        """
        # Read before the transaction begins: a long file takes longer than one should stay open.
        bars = self._read_csv(
            content,
            symbol=symbol,
            resolution=resolution,
            adjustment=adjustment,
            timezone=timezone,
        )
        dataset = self._dataset(bars, content=content, file_name=file_name, origin=origin)
        with self._store.shelf() as shelf:
            return once(shelf, ticket, lambda: _shelved(shelf, dataset))

    def _dataset(
        self, bars: Bars, *, content: bytes, file_name: str | None, origin: Origin
    ) -> Dataset:
        now = self._clock.now()
        findings = assess(bars, sessions=self._sessions(bars), now=now)
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
            provenance={
                "provider": origin.provider,
                "licence": origin.licence,
                "notes": origin.notes,
                "file": file_name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "imported_at": now.isoformat(),
            },
            findings=findings,
            created_at=now,
        )
        return Dataset(record=record, bars=bars)

    def _sessions(self, bars: Bars) -> tuple[date, ...] | None:
        first, last = min(bars.sessions), max(bars.sessions)
        try:
            return self._calendar.sessions(
                start=date.fromordinal(first), end=date.fromordinal(last)
            )
        except InvalidInputError:
            return None  # older than the calendar: the quality report says so


def _shelved(shelf: Shelf, dataset: Dataset) -> DatasetRecord:
    shelf.add_dataset(dataset=dataset)
    return shelf.get_dataset(dataset_id=dataset.record.digest)


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
