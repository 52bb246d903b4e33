"""Datasets: immutable bars and corporate actions, known by the digest of their content."""

import re
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.shelf_tables import BAR_COLUMNS, dataset_action
from app.adapters.postgres.shelf_tables import dataset as dataset_table
from app.adapters.postgres.transaction import Transaction
from app.domain.book import Page
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import NotFoundError
from app.simulation.bars import (
    Adjustment,
    Bars,
    Dataset,
    DatasetRecord,
    Finding,
    Resolution,
    Severity,
)

_BARS = tuple(dataset_table.c[f"bar_{name}"] for name in BAR_COLUMNS)
# Bars are large, and only a simulation reads them.
_CONTENT = (*_BARS, dataset_table.c.early_closes)
_RECORD = select(*(column for column in dataset_table.c if column not in _CONTENT))
_HEADING = select(
    *(
        dataset_table.c[name]
        for name in ("id", "symbol", "resolution", "adjustment", "early_closes")
    )
)
_IDENTITY = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")


class Datasets(Transaction):
    """The rows of `dataset` and `dataset_action`."""

    def add_dataset(self, *, dataset: Dataset) -> None:
        """Store a dataset; the same digest twice is a no-op."""
        values = _record_row(dataset.record) | bars_row(dataset.bars)
        values["early_closes"] = _early_closes(dataset.bars)
        added = self._connection.execute(
            insert(dataset_table)
            .values(values)
            .on_conflict_do_nothing()
            .returning(dataset_table.c.sequence)
        ).first()
        actions = _action_rows(dataset)
        if added is not None and actions:
            self._connection.execute(insert(dataset_action), actions)

    def get_dataset(self, *, dataset_id: str) -> DatasetRecord:
        """Return a dataset without its bars, by id or digest."""
        row = self._connection.execute(_RECORD.where(_named(dataset_id))).first()
        if row is None:
            raise NotFoundError(what="dataset", identity=dataset_id)
        return _record(row)

    def find_dataset(self, *, symbol: str, start: date, end: date) -> DatasetRecord | None:
        """Return the newest dataset of `symbol`, one that covers the dates first, or None."""
        columns = dataset_table.c
        covers = and_(columns.first_session <= start, columns.last_session >= end)
        row = self._connection.execute(
            _RECORD.where(columns.symbol == symbol)
            .order_by(covers.desc(), columns.sequence.desc())
            .limit(1)
        ).first()
        return None if row is None else _record(row)

    def latest_version(
        self, *, symbol: str, resolution: Resolution, adjustment: Adjustment, provider: str
    ) -> DatasetRecord | None:
        """Return the newest dataset of this kind that `provider` gave, or None."""
        columns = dataset_table.c
        row = self._connection.execute(
            _RECORD.where(
                columns.symbol == symbol,
                columns.resolution == resolution.value,
                columns.adjustment == adjustment.value,
                columns.provenance["provider"].astext == provider,
            )
            .order_by(columns.sequence.desc())
            .limit(1)
        ).first()
        return None if row is None else _record(row)

    def list_datasets(self, *, limit: int, cursor: str | None) -> Page[DatasetRecord]:
        """Return the datasets without their bars."""
        return self._page(
            _RECORD, along=dataset_table.c.sequence, limit=limit, cursor=cursor, read=_record
        )

    def load_bars(self, *, dataset_id: str) -> Bars:
        """Return the bars and corporate actions of a dataset."""
        row = self._connection.execute(_HEADING.where(_named(dataset_id))).first()
        if row is None:
            raise NotFoundError(what="dataset", identity=dataset_id)
        actions = self._connection.execute(
            select(dataset_action)
            .where(dataset_action.c.dataset_id == row.id)
            .order_by(dataset_action.c.ex_date)
        ).all()
        return _bars(row, actions, {name: self._column(name, row.id) for name in BAR_COLUMNS})

    def _column(self, name: str, dataset_id: str) -> array[int]:
        """Return one column; all at once would need several times their memory on the way."""
        query = select(dataset_table.c[f"bar_{name}"]).where(dataset_table.c.id == dataset_id)
        return _from_little_endian(self._connection.execute(query).scalar_one())


def _named(dataset_id: str) -> ColumnElement[bool]:
    if not _IDENTITY.fullmatch(dataset_id):
        raise NotFoundError(what="dataset", identity=dataset_id)
    column = dataset_table.c.id if len(dataset_id) == 16 else dataset_table.c.digest
    return column == dataset_id


def _record_row(record: DatasetRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "digest": record.digest,
        "symbol": record.symbol,
        "resolution": record.resolution.value,
        "adjustment": record.adjustment.value,
        "first_session": record.first_session,
        "last_session": record.last_session,
        "bars": record.bars,
        "sessions": record.sessions,
        "dividends": record.dividends,
        "splits": record.splits,
        "provenance": dict(record.provenance),
        "findings": [asdict(finding) for finding in record.findings],
        "created_at": record.created_at,
        "parent_id": record.parent_id,
    }


def _record(row: Row[Any]) -> DatasetRecord:
    return DatasetRecord(
        id=row.id,
        digest=row.digest,
        symbol=row.symbol,
        resolution=Resolution(row.resolution),
        adjustment=Adjustment(row.adjustment),
        first_session=row.first_session,
        last_session=row.last_session,
        bars=row.bars,
        sessions=row.sessions,
        dividends=row.dividends,
        splits=row.splits,
        provenance=row.provenance,
        findings=tuple(
            Finding(
                code=finding["code"],
                place=finding["place"],
                severity=Severity(finding["severity"]),
                message=finding["message"],
            )
            for finding in row.findings
        ),
        created_at=row.created_at,
        parent_id=row.parent_id,
    )


def bars_row(bars: Bars) -> dict[str, object]:
    """Return the columns of bars as the database keeps them."""
    return {f"bar_{name}": _little_endian(column) for name, column in bars.columns().items()}


def _early_closes(bars: Bars) -> dict[str, int]:
    return {
        date.fromordinal(session).isoformat(): closes
        for session, closes in bars.early_closes.items()
    }


def stored_columns(row: Row[Any]) -> dict[str, array[int]]:
    """Return the columns of bars that a row holds."""
    return {name: _from_little_endian(row._mapping[f"bar_{name}"]) for name in BAR_COLUMNS}


def _bars(row: Row[Any], actions: Sequence[Row[Any]], columns: Mapping[str, array[int]]) -> Bars:
    return Bars(
        symbol=row.symbol,
        resolution=Resolution(row.resolution),
        adjustment=Adjustment(row.adjustment),
        **columns,
        dividends=tuple(
            Dividend(ex_date=action.ex_date, per_share=action.per_share, pay_date=action.pay_date)
            for action in actions
            if action.kind == "dividend"
        ),
        splits=tuple(
            Split(
                ex_date=action.ex_date,
                numerator=action.numerator,
                denominator=action.denominator,
            )
            for action in actions
            if action.kind == "split"
        ),
        early_closes={
            date.fromisoformat(session).toordinal(): closes
            for session, closes in row.early_closes.items()
        },
    )


def _action_rows(dataset: Dataset) -> list[dict[str, object]]:
    empty = dict.fromkeys(("per_share", "pay_date", "numerator", "denominator"))
    shared = {"dataset_id": dataset.record.id, "symbol": dataset.record.symbol} | empty
    return [
        shared | {"kind": kind} | asdict(action)
        for kind, actions in (("dividend", dataset.bars.dividends), ("split", dataset.bars.splits))
        for action in actions
    ]


def _little_endian(column: array[int]) -> bytes:
    assert column.itemsize == 8, "a column of bars holds int64"
    if sys.byteorder == "big":
        column = array("q", column)
        column.byteswap()
    return column.tobytes()


def _from_little_endian(stored: bytes) -> array[int]:
    column = array("q", stored)
    if sys.byteorder == "big":
        column.byteswap()
    return column
