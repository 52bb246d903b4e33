"""The best and the worst that any choice of paths makes of a short run under `touch`."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.reference.bars import Bar
from tests.reference.exact import Holdings, Mix, first_price, opened
from tests.reference.models import Place, passed_touch
from tests.reference.session import open_session
from tests.reference.terms import Path, Strategy

MOST_BARS = 12
PATHS: tuple[Path, Path] = ("olhc", "ohlc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Final equities in USD, exact."""

    worst: Fraction
    best: Fraction


def brute_force_envelope(
    *,
    bars: Sequence[Bar],
    opening: Holdings | Mix,
    strategy: Strategy,
    cash_rate: Fraction = Fraction(0),
) -> Envelope:
    """Return the extremes over all 2^n ways to choose a path for each of at most 12 bars."""
    assert 1 <= len(bars) <= MOST_BARS
    first = first_price(bars[0], "touch")
    accounts = [opened(opening, first_price=first, lot=strategy.lot)]
    for index, bar in enumerate(bars):
        last = bars[index - 1] if index else bar
        if last.session != bar.session:
            accounts = [
                open_session(
                    account=account, strategy=strategy, last=last, first=bar, cash_rate=cash_rate
                )
                for account in accounts
            ]
        place = Place(bar=bar, index=index, strategy=strategy)
        accounts = [
            passed_touch(place, account, path).account for account in accounts for path in PATHS
        ]
    values = [account.value(bars[-1].close) for account in accounts]
    return Envelope(worst=min(values), best=max(values))
