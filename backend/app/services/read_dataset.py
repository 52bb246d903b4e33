"""Reading datasets: what there is, where it came from, and its bars."""

from array import array
from dataclasses import replace

from app.domain.book import Page
from app.domain.errors import NotFoundError
from app.services.ports import Shelf, Store
from app.simulation.bars import Bars, DatasetRecord
from app.simulation.difference import Difference, difference


class ReadDataset:
    """Answers questions about datasets."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def get(self, *, dataset_id: str) -> DatasetRecord:
        """Return one dataset without its bars."""
        with self._store.shelf() as shelf:
            return shelf.get_dataset(dataset_id=dataset_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[DatasetRecord]:
        """Return the datasets without their bars, newest first."""
        with self._store.shelf() as shelf:
            return shelf.list_datasets(limit=limit, cursor=cursor)

    def diff(self, *, dataset_id: str) -> tuple[DatasetRecord, Difference]:
        """Return the version before a dataset, and what changed since.

        Raises
        ------
        NotFoundError
            When nothing came before it.
        """
        with self._store.shelf() as shelf:
            record = shelf.get_dataset(dataset_id=dataset_id)
            if record.parent_id is None:
                raise NotFoundError(what="version before dataset", identity=dataset_id)
            parent = shelf.get_dataset(dataset_id=record.parent_id)
            before = shelf.load_bars(dataset_id=parent.id)
            after = shelf.load_bars(dataset_id=record.id)
        return parent, difference(before=before, after=after)

    def bars(self, *, dataset_id: str, points: int) -> tuple[Bars, int]:
        """Return at most `points` bars over the whole range, and how many were merged into one.

        Merged bars keep the first open, the highest high, the lowest low and the last close, so
        that no extreme is lost.
        """
        with self._store.shelf() as shelf:
            bars = _stored(shelf, dataset_id)
        every = -(-len(bars) // points)
        return (bars if every == 1 else _merged(bars, every)), every


def _stored(shelf: Shelf, dataset_id: str) -> Bars:
    return shelf.load_bars(dataset_id=shelf.get_dataset(dataset_id=dataset_id).id)


def _merged(bars: Bars, every: int) -> Bars:
    starts = range(0, len(bars), every)
    ends = [min(start + every, len(bars)) for start in starts]
    return replace(
        bars,
        starts=array("q", (bars.starts[i] for i in starts)),
        ends=array("q", (bars.ends[j - 1] for j in ends)),
        sessions=array("q", (bars.sessions[i] for i in starts)),
        opens=array("q", (bars.opens[i] for i in starts)),
        highs=array("q", (max(bars.highs[i:j]) for i, j in zip(starts, ends, strict=True))),
        lows=array("q", (min(bars.lows[i:j]) for i, j in zip(starts, ends, strict=True))),
        closes=array("q", (bars.closes[j - 1] for j in ends)),
        volumes=array("q", (sum(bars.volumes[i:j]) for i, j in zip(starts, ends, strict=True))),
    )
