"""The datasets that come with the product: real daily prices, there from the first start on."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.errors import NotFoundError
from app.services.import_dataset import ImportDataset, Origin
from app.services.ports import Shelf, Store
from app.simulation.bars import Adjustment, Resolution

_ORIGIN = Origin(
    provider="Yahoo Finance, recorded by dieperdev/yfinance-stock-data",
    licence="Unlicense",
    notes="Split-adjusted daily prices and dividends; bundled with the product.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledFile:
    """A file of the product's data folder, and the digest of the dataset that it makes."""

    symbol: str
    name: str
    digest: str


BUNDLED = (
    BundledFile(
        symbol="KO",
        name="KO.csv",
        digest="a548d1c43081dcb1a32dcabc76c5fef5cc209fb5fb53055a8c108539948b044b",
    ),
    BundledFile(
        symbol="MSFT",
        name="MSFT.csv",
        digest="829b4a623a3775d610408491c1a3bbfbf0cc3cdc9b14ddfba787a1f4effccff0",
    ),
)


class BundledDatasets:
    """Puts the bundled datasets on the shelf; `read` returns a file of the data folder."""

    def __init__(
        self, *, store: Store, import_dataset: ImportDataset, read: Callable[[str], bytes]
    ) -> None:
        self._store = store
        self._import_dataset = import_dataset
        self._read = read

    def ensure(self) -> None:
        """Add the bundled datasets that are not there.

        Processes that start together may all add them: equal content is one dataset.
        """
        for file in self._missing():
            self._import_dataset.run(
                content=self._read(file.name),
                file_name=file.name,
                symbol=file.symbol,
                resolution=Resolution.DAY,
                adjustment=Adjustment.SPLIT,
                timezone="America/New_York",
                origin=_ORIGIN,
            )

    def _missing(self) -> tuple[BundledFile, ...]:
        # Asked by the recorded digests, so that a start does not read and count the files.
        with self._store.shelf() as shelf:
            return tuple(file for file in BUNDLED if not _is_there(shelf, file))


def _is_there(shelf: Shelf, file: BundledFile) -> bool:
    try:
        shelf.get_dataset(dataset_id=file.digest)
    except NotFoundError:
        return False
    return True
