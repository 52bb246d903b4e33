"""What is heard of a run while it is computed."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.units import value_text
from app.simulation.bars import Bars
from app.simulation.kernel_arrays import Integers
from app.simulation.market import moment
from app.simulation.texts import moment_text
from app.simulation.thinning import IntegerCurve, thinned

type PartialCurve = Sequence[Mapping[str, str]]

_POINTS = 500


class OnProgress(Protocol):
    """Hears how much of how much is done, and the curve of what is, thinned, once there is one."""

    def __call__(self, done: int, total: int, curve: PartialCurve = (), /) -> None:
        """Take a report; what it raises ends the work."""
        ...


def partial_curve(*, bars: Bars, window: range, equity: Integers) -> PartialCurve:
    """Return at most 500 points {"at", "equity"} of a curve over `window`, with every extreme.

    `equity` are the values at the closes of its first bars, in 1e-10 USD.
    """
    return tuple(
        {
            "at": moment_text(moment(bars.ends[window[place]])),
            "equity": value_text(int(equity[place])),
        }
        for place in thinned(IntegerCurve(equity), _POINTS)
    )
