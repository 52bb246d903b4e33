"""Sequences of which the items are made when they are asked for."""

from collections.abc import Callable, Sequence
from typing import overload, override


class Lazy[T](Sequence[T]):
    """So many items, each made by its place every time it is asked for, and not kept."""

    def __init__(self, *, count: int, make: Callable[[int], T]) -> None:
        self._places = range(count)
        self._make = make

    @override
    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    @override
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple(self._make(place) for place in self._places[index])
        return self._make(self._places[index])
