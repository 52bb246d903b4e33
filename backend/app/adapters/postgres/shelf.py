"""The shelf: datasets and simulation runs, in one transaction."""

from app.adapters.postgres.datasets import Datasets
from app.adapters.postgres.requests import Requests
from app.adapters.postgres.runs import Runs


class PostgresShelf(Datasets, Runs, Requests):
    """Datasets and runs, on one connection."""
