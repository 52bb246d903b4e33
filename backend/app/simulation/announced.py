"""The dividends and splits that a provider announces, in the shares of their ex-dates."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.domain import entitlement
from app.domain.booked_action import ActionKind
from app.domain.corporate_action import Dividend, Split
from app.domain.history import History
from app.simulation.action_checks import doubt_text
from app.simulation.bars import Bars, Resolution
from app.simulation.findings import Code
from app.simulation.plausibility import doubts
from app.simulation.provided import bars_of, is_usable
from app.simulation.unadjust import unadjusted

_NO_CLOSE = "no close before its ex-date is known"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedAction:
    """An action, the close before it in ticks and in the shares of its ex-date, and a doubt.

    `doubt` says why it can hardly be true, None when nothing speaks against it.
    """

    action: Dividend | Split
    previous_close: int | None
    doubt: str | None

    @property
    def kind(self) -> ActionKind:
        """Return what it is."""
        return ActionKind.DIVIDEND if isinstance(self.action, Dividend) else ActionKind.SPLIT


def announced(history: History, *, sessions: Sequence[date]) -> tuple[AnnouncedAction, ...]:
    """Return the actions of `history` in their order: by ex-date, a split before a dividend.

    `history` are daily bars, `sessions` the exchange's dates from their first day on, up to the
    day that was asked for. A provider adjusts amounts and closes to the splits that followed;
    that is taken back, so that an action reads the same on its ex-date and for ever after.
    """
    usable = [bar for bar in history.bars if is_usable(bar)]
    if not usable:
        actions: list[Dividend | Split] = [*history.splits, *history.dividends]
        return _ordered(
            AnnouncedAction(action=action, previous_close=None, doubt=_NO_CLOSE)
            for action in actions
        )
    bars = replace(
        bars_of(usable, symbol=history.symbol, resolution=Resolution.DAY),
        dividends=tuple(sorted(history.dividends, key=lambda each: each.ex_date)),
        splits=history.splits,
    )
    found = doubts(bars, sessions=sessions)
    doubted = {doubt.action: doubt_text(doubt) for doubt in found}
    apart = {doubt.action: doubt.code for doubt in found}
    splits = [split for split in bars.splits if split not in doubted]
    traded = unadjusted(
        bars,
        divided_by=[s for s in bars.splits if apart.get(s) is not Code.SPLIT_NOT_IN_PRICES],
        splits=splits,
    )
    told: list[tuple[Dividend | Split, Dividend | Split]] = [
        *zip(bars.splits, bars.splits, strict=True),
        *zip(bars.dividends, traded.dividends, strict=True),
    ]
    return _ordered(
        _judged(action, doubted.get(as_told), _close_before(traded, splits, action.ex_date))
        for as_told, action in told
    )


def _judged(action: Dividend | Split, doubt: str | None, close: int | None) -> AnnouncedAction:
    if close is None and doubt is None:
        doubt = _NO_CLOSE
    return AnnouncedAction(action=action, previous_close=close, doubt=doubt)


def _close_before(traded: Bars, splits: Sequence[Split], ex_date: date) -> int | None:
    """Return the last close before `ex_date` in the shares of that date."""
    index = bisect_left(traded.sessions, ex_date.toordinal())
    if index == 0:
        return None
    close, before = traded.closes[index - 1], traded.session(index - 1)
    for split in splits:
        if before < split.ex_date <= ex_date:
            close = entitlement.split_anchor(close, split.numerator, split.denominator)
    return close


def _ordered(found: Iterable[AnnouncedAction]) -> tuple[AnnouncedAction, ...]:
    return tuple(
        sorted(found, key=lambda each: (each.action.ex_date, each.kind is ActionKind.DIVIDEND))
    )
