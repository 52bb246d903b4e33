"""The shelf: datasets, what brings them, and simulation runs, in one transaction."""

from app.adapters.postgres.archive import Archive
from app.adapters.postgres.datasets import Datasets
from app.adapters.postgres.fetches import Fetches
from app.adapters.postgres.requests import Requests
from app.adapters.postgres.runs import Runs


class PostgresShelf(Datasets, Fetches, Archive, Runs, Requests):
    """Datasets, fetches, archive and runs, on one connection."""
