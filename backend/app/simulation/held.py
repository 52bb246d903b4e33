"""What a benchmark holds, and what that is worth at every bar."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from app.domain.units import TICKS_PER_USD
from app.simulation.bars import Bars
from app.simulation.lazy import Lazy

DIGITS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Shares, cash and net dividends owed by their number, in USD with 60 digits."""

    shares: Decimal
    cash: Decimal
    owed: Mapping[int, Decimal]

    def value_at(self, price: Decimal) -> Decimal:
        """Return what all of it is worth."""
        return self.shares * price + self.cash + sum(self.owed.values())


class HeldCurve(Lazy[Decimal]):
    """The equity in USD at the close of each bar of a run.

    `holdings` are given with the index in the dataset of the first bar at whose close each was
    held, oldest first.
    """

    def __init__(
        self, *, bars: Bars, window: range, holdings: Sequence[tuple[int, Holding]]
    ) -> None:
        assert holdings[0][0] == window.start, "something is held from the first bar on"
        super().__init__(count=len(window), make=self._value)
        self._closes = np.frombuffer(bars.closes, np.int64)
        self._window = window
        self._starts = [bar for bar, _ in holdings]
        self._holdings = [holding for _, holding in holdings]

    def _value(self, place: int) -> Decimal:
        bar = self._window[place]
        with localcontext(prec=DIGITS):
            return self._holdings[self._stretch(bar)].value_at(usd(int(self._closes[bar])))

    def lowest(self, inside: range) -> int:
        """Return the first place of the lowest value among the places `inside`."""
        return min(self._extremes(inside, highest=False), key=self.__getitem__)

    def highest(self, inside: range) -> int:
        """Return the first place of the highest value among the places `inside`."""
        return max(self._extremes(inside, highest=True), key=self.__getitem__)

    def _extremes(self, inside: range, *, highest: bool) -> Iterator[int]:
        """Yield the place of the extreme of each stretch of one holding, where the price has it."""
        first = self._window.start
        bar, stop = first + inside.start, first + inside.stop
        while bar < stop:
            stretch = self._stretch(bar)
            until = min([*self._starts[stretch + 1 : stretch + 2], stop])
            closes = self._closes[bar:until]
            place = 0
            if self._holdings[stretch].shares:
                place = int(closes.argmax() if highest else closes.argmin())
            yield bar - first + place
            bar = until

    def _stretch(self, bar: int) -> int:
        return bisect_right(self._starts, bar) - 1


def usd(ticks: int) -> Decimal:
    """Return a price in USD."""
    return Decimal(ticks) / TICKS_PER_USD
