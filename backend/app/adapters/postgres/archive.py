"""The archive of sessions, and how their harvests went."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.adapters.postgres.archive_tables import archived_session
from app.adapters.postgres.archive_tables import harvest as harvest_table
from app.adapters.postgres.datasets import bars_row, stored_columns
from app.adapters.postgres.transaction import Transaction
from app.simulation.archive import ArchivedSession, HarvestRecord
from app.simulation.bars import Adjustment, Bars, Resolution

_SETTLED_READS = 2


class Archive(Transaction):
    """The rows of `archived_session` and `harvest`."""

    def archive_session(self, *, session: ArchivedSession) -> None:
        """Add a read of a session; an equal one before it is counted once more."""
        bars = session.bars
        values = bars_row(bars) | {
            "symbol": bars.symbol,
            "resolution": bars.resolution.value,
            "session": session.session,
            "digest": session.digest,
            "source": session.source,
            "received_at": session.received_at,
            "reads": session.reads,
            "bars": len(bars),
        }
        added = insert(archived_session).values(values)
        self._connection.execute(
            added.on_conflict_do_update(
                index_elements=list(archived_session.primary_key.columns),
                set_={
                    "reads": archived_session.c.reads + added.excluded.reads,
                    "received_at": added.excluded.received_at,
                    "source": added.excluded.source,
                },
            )
        )

    def load_archive(
        self, *, symbol: str, resolution: Resolution, start: date, end: date
    ) -> tuple[ArchivedSession, ...]:
        """Return one record a session, oldest first: one read twice, else the last one read."""
        columns = archived_session.c
        rows = self._connection.execute(
            select(archived_session)
            .ext(distinct_on(columns.session))
            .where(
                columns.symbol == symbol,
                columns.resolution == resolution.value,
                columns.session.between(start, end),
            )
            .order_by(
                columns.session,
                (columns.reads >= _SETTLED_READS).desc(),
                columns.received_at.desc(),
                columns.digest,
            )
        ).all()
        return tuple(_session(row) for row in rows)

    def archived_from(self, *, symbol: str, resolution: Resolution) -> date | None:
        """Return the first session of `symbol` in the archive, or None."""
        columns = archived_session.c
        first: date | None = self._connection.execute(
            select(func.min(columns.session)).where(
                columns.symbol == symbol, columns.resolution == resolution.value
            )
        ).scalar()
        return first

    def save_harvest(self, *, harvest: HarvestRecord) -> None:
        """Store how the last harvest of a symbol went."""
        values = asdict(harvest) | {"resolution": harvest.resolution.value}
        changing = {
            name: value for name, value in values.items() if name not in {"symbol", "resolution"}
        }
        self._connection.execute(
            insert(harvest_table)
            .values(values)
            .on_conflict_do_update(
                index_elements=list(harvest_table.primary_key.columns), set_=changing
            )
        )

    def list_harvests(self) -> tuple[HarvestRecord, ...]:
        """Return how the last harvest of each symbol went."""
        rows = self._connection.execute(
            select(harvest_table).order_by(harvest_table.c.symbol, harvest_table.c.resolution)
        ).all()
        return tuple(
            HarvestRecord(
                symbol=row.symbol,
                resolution=Resolution(row.resolution),
                attempted_at=row.attempted_at,
                succeeded_at=row.succeeded_at,
                first_session=row.first_session,
                last_session=row.last_session,
                error=row.error,
            )
            for row in rows
        )


def _session(row: Row[Any]) -> ArchivedSession:
    bars = Bars(
        symbol=row.symbol,
        resolution=Resolution(row.resolution),
        adjustment=Adjustment.RAW,
        **stored_columns(row),
        dividends=(),
        splits=(),
        early_closes={},
    )
    return ArchivedSession(
        bars=bars,
        digest=row.digest,
        source=row.source,
        received_at=row.received_at,
        reads=row.reads,
    )
