"""What a child process is given to do, and what it says to its parent."""

from dataclasses import dataclass
from typing import Protocol

from app.domain.errors import DomainError
from app.simulation.progress import OnProgress, PartialCurve


class Work[T](Protocol):
    """A piece of pure computation that can be pickled."""

    def __call__(self, *, on_progress: OnProgress) -> T:
        """Return the result; `on_progress` hears how far it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The process has started and waits for its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """So much of so much is done; `curve` is that of what is, where there is one."""

    done: int
    total: int
    curve: PartialCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The work is done; `value` is what it returned."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The work raised a domain error, taken apart: its constructor may take other arguments."""

    kind: type[DomainError]
    arguments: tuple[object, ...]
    attributes: dict[str, object]

    def error(self) -> DomainError:
        """Return the error as it was raised."""
        error = self.kind.__new__(self.kind, *self.arguments)
        vars(error).update(self.attributes)
        return error


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfMemory:
    """The work needed more memory than there is."""


type Message = Ready | Progress | Finished | Refused | OutOfMemory
