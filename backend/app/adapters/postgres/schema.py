"""All tables, and the revision of the schema that this code works with."""

from app.adapters.postgres import action_tables, archive_tables, book_tables, shelf_tables
from app.adapters.postgres.columns import metadata

__all__ = [
    "SCHEMA_REVISION",
    "action_tables",
    "archive_tables",
    "book_tables",
    "metadata",
    "shelf_tables",
]

# The newest migration; a test compares the two.
SCHEMA_REVISION = "202611250900"
