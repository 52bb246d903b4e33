"""The kinds of columns that the tables are made of, each with its constraints.

Money, shares and prices are BIGINT in the units of the domain (micros, units, ticks), exactly.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    MetaData,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

# PostgreSQL's own names for what has none.
metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def check(name: str, condition: str) -> CheckConstraint:
    """Return the constraint `<table>_<name>_check`."""
    return CheckConstraint(condition, name=name)


def whole(name: str, *, low: int | None = None, nullable: bool = False) -> Column[int]:
    """Return a column of whole numbers, from `low` where it is given."""
    checks = () if low is None else (check(name, f"{name} >= {low}"),)
    return Column(name, BigInteger, *checks, nullable=nullable)


def price(name: str, *, nullable: bool = False) -> Column[int]:
    """Return a column of prices above zero, in ticks."""
    return whole(name, low=1, nullable=nullable)


def ppm(name: str, *, nullable: bool = False) -> Column[int]:
    """Return a column of fractions of one, in parts per million."""
    return Column(name, BigInteger, check(name, f"{name} BETWEEN 0 AND 1000000"), nullable=nullable)


def between(name: str, *, low: int, high: int) -> Column[int]:
    """Return a column of whole numbers from `low` to `high`, or null."""
    return Column(name, BigInteger, check(name, f"{name} BETWEEN {low} AND {high}"))


def one_of(name: str, words: Iterable[str], *, nullable: bool = False) -> Column[str]:
    """Return a column that holds one of `words`."""
    allowed = ", ".join(f"'{word}'" for word in words)
    return Column(name, Text, check(name, f"{name} IN ({allowed})"), nullable=nullable)


def words(name: str, *, nullable: bool = False) -> Column[str]:
    """Return a column of free text."""
    return Column(name, Text, nullable=nullable)


def title(name: str) -> Column[str]:
    """Return a column of names of 1 to 200 characters."""
    length = check(name, f"char_length({name}) BETWEEN 1 AND 200")
    return Column(name, Text, length, nullable=False)


def digest(name: str, *, unique: bool = False) -> Column[str]:
    """Return a column of sha256 digests in hex."""
    form = check(name, f"{name} ~ '^[0-9a-f]{{64}}$'")
    return Column(name, Text, form, nullable=False, unique=unique)


def moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    """Return a column of instants."""
    return Column(name, TIMESTAMP(timezone=True), nullable=nullable)


def document(name: str, *, nullable: bool = False) -> Column[object]:
    """Return a column of JSON values without binary floats."""
    return Column(name, JSONB(none_as_null=True), nullable=nullable)


def sequence() -> Column[int]:
    """Return the column that pages walk along: the order in which the rows were added."""
    return Column("sequence", BigInteger, Identity(always=True), nullable=False, unique=True)
