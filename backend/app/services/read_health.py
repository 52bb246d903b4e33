"""The health of what the service depends on, and what it means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from app.domain.errors import UnavailableError
from app.services.ports import Store

type Check = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One thing that the service needs: `down` stops its work, `degraded` does not."""

    name: str
    state: Literal["ok", "degraded", "down"]
    detail: str


class ReadHealth:
    """Asks each dependency whether it answers.

    `required` and `optional` checks return when all is well and raise UnavailableError otherwise.
    """

    def __init__(
        self, *, store: Store, required: Mapping[str, Check], optional: Mapping[str, Check]
    ) -> None:
        self._store = store
        self._required = required
        self._optional = optional

    def dependencies(self) -> tuple[Dependency, ...]:
        """Return the state of every dependency."""
        return (
            *(_asked(name, check, "down") for name, check in self._required.items()),
            *(_asked(name, check, "degraded") for name, check in self._optional.items()),
        )

    def trading_halted(self) -> bool:
        """Return whether the kill switch is set."""
        with self._store.book() as book:
            return book.trading_halted()


def _asked(name: str, check: Check, failed: Literal["degraded", "down"]) -> Dependency:
    try:
        check()
    except UnavailableError as error:
        return Dependency(name=name, state=failed, detail=str(error))
    return Dependency(name=name, state="ok", detail="answers")
