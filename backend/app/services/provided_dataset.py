"""A dataset of what the provider gives, with the archive where the provider does not reach."""

from datetime import date, timedelta

from app.domain.corporate_action import Dividend
from app.domain.errors import FieldError, InvalidInputError
from app.domain.units import money_text
from app.services.ports import Calendar, Clock, Store
from app.services.read_provider import Progress, Provided, ReadProvider, Wait
from app.services.shelve_dataset import dataset_of, sessions_between, with_early_closes
from app.simulation.action_checks import doubt_text, quarantine_findings
from app.simulation.archive import ArchivedSession, FetchRecord
from app.simulation.bars import Bars, Dataset, content_digest
from app.simulation.plausibility import Doubt
from app.simulation.provided import joined, read_once_findings, settled_findings


class ProvidedDataset:
    """Makes the datasets that are fetched."""

    def __init__(
        self, *, store: Store, reading: ReadProvider, calendar: Calendar, clock: Clock
    ) -> None:
        self._store = store
        self._reading = reading
        self._calendar = calendar
        self._clock = clock

    def make(self, fetch: FetchRecord, *, on_progress: Progress, wait: Wait) -> Dataset:
        """Return the dataset that `fetch` asks for; not shelved.

        Raises
        ------
        ProviderError
            When the provider cannot answer.
        InvalidInputError
            When nothing has settled yet, or what has is unusable; it names every place.
        """
        first = self._reading.first_date(resolution=fetch.resolution) or fetch.start
        archived = self._archived(fetch, before=first)
        provided = self._reading.read(
            symbol=fetch.symbol,
            resolution=fetch.resolution,
            adjustment=fetch.adjustment,
            start=max(fetch.start, first),
            end=fetch.end,
            actions_from=fetch.start,
            on_progress=on_progress,
            wait=wait,
        )
        parts = [
            *(session.bars for session in archived),
            *([provided.bars] if provided.bars else []),
        ]
        if not parts:
            raise _nothing_settled(fetch, provided.settled.pending)
        bars = with_early_closes(joined(parts, actions=provided.actions), calendar=self._calendar)
        return dataset_of(
            bars,
            sessions=sessions_between(
                self._calendar,
                start=bars.session(0),
                end=max(bars.session(len(bars) - 1), self._last_expected(fetch, provided)),
            ),
            provenance=_provenance(fetch, archived, provided),
            known=(
                *settled_findings(provided.settled, resolution=fetch.resolution),
                *quarantine_findings(provided.quarantine),
                *read_once_findings([each.session for each in archived if each.reads == 1]),
            ),
            now=self._clock.now(),
            parent_id=self._parent(bars, provider=provided.source),
        )

    def _archived(self, fetch: FetchRecord, *, before: date) -> tuple[ArchivedSession, ...]:
        end = min(fetch.end, before - timedelta(days=1))
        if end < fetch.start:
            return ()
        with self._store.shelf() as shelf:
            return shelf.load_archive(
                symbol=fetch.symbol, resolution=fetch.resolution, start=fetch.start, end=end
            )

    def _last_expected(self, fetch: FetchRecord, provided: Provided) -> date:
        """Return the last date that has to have bars: before today and what is pending."""
        still_open = (self._reading.today(), *provided.settled.pending)
        return min(fetch.end, min(still_open) - timedelta(days=1))

    def _parent(self, bars: Bars, *, provider: str) -> str | None:
        with self._store.shelf() as shelf:
            latest = shelf.latest_version(
                symbol=bars.symbol,
                resolution=bars.resolution,
                adjustment=bars.adjustment,
                provider=provider,
            )
        is_older = latest is not None and latest.digest != content_digest(bars)
        return latest.id if latest is not None and is_older else None


def _nothing_settled(fetch: FetchRecord, pending: tuple[date, ...]) -> InvalidInputError:
    if pending:
        message = f"leaves no session whose prices are settled; {pending[0]} can still change"
    else:
        message = f"leaves no bar of {fetch.resolution} between {fetch.start} and {fetch.end}"
    return InvalidInputError(
        FieldError(field="end", message=message, allowed="a range with a closed session")
    )


def _provenance(
    fetch: FetchRecord, archived: tuple[ArchivedSession, ...], provided: Provided
) -> dict[str, object]:
    return {
        "provider": provided.source,
        "licence": None,
        "notes": None,
        "requested": [fetch.start.isoformat(), fetch.end.isoformat()],
        "fetched_at": provided.received_at.isoformat(),
        "archived_sessions": len(archived),
        "pending": [session.isoformat() for session in provided.settled.pending],
        "quarantine": [_apart(doubt) for doubt in provided.quarantine],
    }


def _apart(doubt: Doubt) -> dict[str, object]:
    action = doubt.action
    return {
        "kind": "dividend" if isinstance(action, Dividend) else "split",
        "value": money_text(action.per_share)
        if isinstance(action, Dividend)
        else f"{action.numerator}:{action.denominator}",
        "ex_date": action.ex_date.isoformat(),
        "code": doubt.code.value,
        "reason": doubt_text(doubt),
    }
