"""Making a dataset of longer bars out of one of shorter bars."""

from app.domain.book import StoredAnswer
from app.services.once import Ticket, once
from app.services.ports import Calendar, Clock, Store
from app.services.shelve_dataset import dataset_of, sessions_of, shelved
from app.simulation.bars import DatasetRecord, Resolution
from app.simulation.resample import resample

_PROVIDER = "resampled"


class ResampleDataset:
    """Makes datasets of datasets."""

    def __init__(self, *, store: Store, calendar: Calendar, clock: Clock) -> None:
        self._store = store
        self._calendar = calendar
        self._clock = clock

    def run(
        self,
        *,
        dataset_id: str,
        resolution: Resolution,
        ticket: Ticket[DatasetRecord] | None = None,
    ) -> DatasetRecord | StoredAnswer:
        """Return the dataset of longer bars; equal bars are the dataset that is there.

        Raises
        ------
        NotFoundError, InvalidInputError
            When there is no such dataset, or `resolution` is not longer than its own.
        """
        with self._store.shelf() as shelf:
            parent = shelf.get_dataset(dataset_id=dataset_id)
            bars = shelf.load_bars(dataset_id=parent.id)
        longer = resample(bars, resolution=resolution)
        now = self._clock.now()
        origin = parent.provenance
        dataset = dataset_of(
            longer,
            sessions=sessions_of(longer, calendar=self._calendar),
            provenance={
                # A provider of its own: these bars were given by nobody.
                "provider": _PROVIDER,
                "licence": origin.get("licence"),
                "notes": f"{resolution} bars made of {parent.resolution} bars"
                f" ({origin.get('provider')}).",
                "parent": parent.digest,
                "resampled_at": now.isoformat(),
            },
            known=(),
            now=now,
            parent_id=None,
        )
        with self._store.shelf() as shelf:
            return once(shelf, ticket, lambda: shelved(shelf, dataset))
