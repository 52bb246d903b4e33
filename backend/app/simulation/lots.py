"""Open lots: trades that no opposite one has closed yet, matched last in, first out."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lot:
    quantity: Fraction
    price: Fraction


class Lots:
    """The open lots of a run or a window, which starts without any.

    Quantities are signed share units, bought ones positive; prices are in ticks.

    Source
    ------
    Simulation, "Attribution".
    """

    def __init__(self) -> None:
        self._lots: list[_Lot] = []

    def trade(self, quantity: Fraction, price: Fraction) -> Fraction | None:
        """Return what the lots gained that this trade closes, in 1e-10 USD; None for no lot.

        The newest opposite lots are closed first; what is left opens a lot of its own. A matched
        quantity x gains x * (sale - purchase), whichever of the two came first.
        """
        gained: Fraction | None = None
        while quantity and self._lots and self._lots[-1].quantity * quantity < 0:
            lot = self._lots.pop()
            closed = lot.quantity if abs(lot.quantity) <= abs(quantity) else -quantity
            gained = (gained or Fraction(0)) + closed * (price - lot.price)
            quantity += closed
            if closed != lot.quantity:
                self._lots.append(_Lot(quantity=lot.quantity - closed, price=lot.price))
        if quantity:
            self._lots.append(_Lot(quantity=quantity, price=price))
        return gained

    def split(self, ratio: Fraction) -> None:
        """Turn every lot into `ratio` new shares for one old; what it cost stays the same."""
        self._lots = [
            _Lot(quantity=lot.quantity * ratio, price=lot.price / ratio) for lot in self._lots
        ]

    def gain_at(self, price: int) -> Fraction:
        """Return what the open lots have gained at `price`, in 1e-10 USD."""
        return sum((lot.quantity * (price - lot.price) for lot in self._lots), Fraction(0))
