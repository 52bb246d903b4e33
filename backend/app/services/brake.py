"""What a call for a halt does to the orders of its own process before it is stored."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Brake:
    """Pressed while a halt is being stored, however long a slow database takes for that.

    The kill switch is what the database says; this only keeps back what looked at it before.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pressed = 0
        self._changes = 0

    @contextmanager
    def pressed(self) -> Iterator[None]:
        """Let nothing leave while open, nor later what looked before or meanwhile."""
        self._change(by=1)
        try:
            yield
        finally:
            self._change(by=-1)

    def free(self) -> Callable[[], bool]:
        """Return whether nobody presses it, or has since now, to be asked later."""
        seen = self._changes
        return lambda: self._pressed == 0 and self._changes == seen

    def _change(self, *, by: int) -> None:
        with self._lock:
            self._pressed += by
            self._changes += 1
