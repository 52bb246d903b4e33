"""A store that is never to be opened."""

from typing import NoReturn


class NoStore:
    """Satisfies `Store`; opening a transaction is a failure of the test."""

    def book(self) -> NoReturn:
        raise AssertionError("this use case needs no transaction")

    def shelf(self) -> NoReturn:
        raise AssertionError("this use case needs no transaction")
