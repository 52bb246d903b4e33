"""Importing a price file: read completely, assessed, and kept under the digest of its content."""

import hashlib
from dataclasses import dataclass

from app.domain.book import StoredAnswer
from app.services.once import Ticket, once
from app.services.ports import Calendar, Clock, ReadCsv, Store
from app.services.shelve_dataset import dataset_of, sessions_of, shelved, with_early_closes
from app.simulation.bars import Adjustment, Bars, Dataset, DatasetRecord, Resolution


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
            return once(shelf, ticket, lambda: shelved(shelf, dataset))

    def _dataset(
        self, bars: Bars, *, content: bytes, file_name: str | None, origin: Origin
    ) -> Dataset:
        now = self._clock.now()
        return dataset_of(
            with_early_closes(bars, calendar=self._calendar),
            sessions=sessions_of(bars, calendar=self._calendar),
            provenance={
                "provider": origin.provider,
                "licence": origin.licence,
                "notes": origin.notes,
                "file": file_name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "imported_at": now.isoformat(),
            },
            known=(),
            now=now,
            parent_id=None,
        )
