"""What changed from one version of a dataset to the next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.domain.corporate_action import Dividend, Split
from app.domain.units import money_text, price_text
from app.simulation.bars import Bars
from app.simulation.findings import bar_place

type What = Literal["open", "high", "low", "close", "volume", "dividend", "split"]

PLACES_MAX = 10
_COLUMNS: tuple[tuple[str, What, Callable[[int], str]], ...] = (
    ("opens", "open", price_text),
    ("highs", "high", price_text),
    ("lows", "low", price_text),
    ("closes", "close", price_text),
    ("volumes", "volume", str),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that two versions tell differently; None where a version has none."""

    place: str
    what: What
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a version has more, less or otherwise than its parent.

    `changed` counts the bars that both have with other prices or volumes; `changes` are the first
    of their values. `actions` are all dividends and splits that are not in both alike.
    """

    added: int
    removed: int
    changed: int
    changes: tuple[Change, ...]
    actions: tuple[Change, ...]


def difference(*, before: Bars, after: Bars) -> Difference:
    """Return what changed from `before` to `after`, two versions in one basis."""
    old = {start: index for index, start in enumerate(before.starts)}
    pairs = [(old[start], index) for index, start in enumerate(after.starts) if start in old]
    changes = list(_changes(before, after, pairs))
    return Difference(
        added=len(after) - len(pairs),
        removed=len(before) - len(pairs),
        changed=len({change.place for change in changes}),
        changes=tuple(changes[:PLACES_MAX]),
        actions=(
            *_actions("dividend", before.dividends, after.dividends, _dividend_text),
            *_actions("split", before.splits, after.splits, _split_text),
        ),
    )


def _changes(before: Bars, after: Bars, pairs: Sequence[tuple[int, int]]) -> Iterator[Change]:
    place = bar_place(after)
    old, new = before.columns(), after.columns()
    columns = [(what, text, old[name], new[name]) for name, what, text in _COLUMNS]
    for was, now in pairs:
        for what, text, old_values, new_values in columns:
            if old_values[was] != new_values[now]:
                yield Change(
                    place=place(now),
                    what=what,
                    before=text(old_values[was]),
                    after=text(new_values[now]),
                )


def _actions[T: (Dividend, Split)](
    what: What, before: Sequence[T], after: Sequence[T], text: Callable[[T], str]
) -> list[Change]:
    old: Mapping[date, str] = {action.ex_date: text(action) for action in before}
    new: Mapping[date, str] = {action.ex_date: text(action) for action in after}
    return [
        Change(place=on.isoformat(), what=what, before=old.get(on), after=new.get(on))
        for on in sorted({*old, *new})
        if old.get(on) != new.get(on)
    ]


def _dividend_text(dividend: Dividend) -> str:
    return money_text(dividend.per_share)


def _split_text(split: Split) -> str:
    return f"{split.numerator}:{split.denominator}"
