"""Making every recorded decision again, from its record alone, and comparing each field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.domain import rules
from app.domain.book import DecisionRecord, PositionRecord
from app.domain.record import decision_body, position_body
from app.domain.recorded import read_day, read_observation, read_position
from app.domain.step import step
from app.domain.strategy import Strategy
from app.services.pages import walk_book
from app.services.ports import Store
from app.services.recorded_looks import strategies_of

_PAGE = 500
_MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first field in which decision `number` comes out otherwise than it was recorded.

    A value is None where its side has no such field; a record that cannot be read has `field`
    "record" and says why in `recorded`.
    """

    number: int
    field: str
    recorded: object
    computed: object


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReplay:
    """The decisions of one version of the rules; `first` is the difference of lowest number."""

    rules_version: str
    decisions: int
    differences: int
    first: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All decisions of a position, made again by the present rules.

    `present` are those that the present version of the rules made: they must come out the same.
    `earlier` are those of other versions, which may not.
    """

    position: PositionRecord
    present: VersionReplay
    earlier: tuple[VersionReplay, ...]


class ReplayDecisions:
    """Asks `step` again what it answered; changes nothing."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def all(self) -> Iterator[Replay]:
        """Yield the replay of each position, archived ones too, oldest first."""
        with self._store.book() as book:
            positions = book.position_ids()
        for position_id in positions:
            yield self.replay(position_id=position_id)

    def replay(self, *, position_id: str) -> Replay:
        """Return how the decisions of a position come out now.

        Raises
        ------
        NotFoundError
            When there is no such position.
        """
        with self._store.book() as book:
            position = book.get_position(position_id=position_id)
        strategies = strategies_of(self._store, position_id=position_id)
        present = rules.RULES_VERSION
        found = {present: VersionReplay(
            rules_version=present, decisions=0, differences=0, first=None
        )}  # fmt: skip
        for decision in self._decisions(position_id):
            version = decision.rules_version
            fresh = VersionReplay(rules_version=version, decisions=0, differences=0, first=None)
            found[version] = _counted(
                found.get(version, fresh),
                difference(decision, strategies[decision.strategy_version]),
            )
        return Replay(position=position, present=found.pop(present), earlier=tuple(found.values()))

    def _decisions(self, position_id: str) -> Iterator[DecisionRecord]:
        """Yield the decisions, newest first, a page and a transaction at a time."""
        return walk_book(
            self._store,
            lambda book, cursor: book.list_decisions(
                position_id=position_id, limit=_PAGE, cursor=cursor, kind=None, reason=None
            ),
        )


def difference(decision: DecisionRecord, strategy: Strategy) -> Difference | None:
    """Return where the decision comes out otherwise than it was recorded, or None."""
    try:
        stepped = step(
            read_position(decision.before),
            read_observation(decision.observation),
            strategy,
            read_day(decision.day),
        )
    except (ArithmeticError, AssertionError, KeyError, TypeError, ValueError) as error:
        # Not what `record` writes: somebody changed it.
        why = f"cannot be read: {type(error).__name__} {error}"
        return Difference(number=decision.number, field="record", recorded=why, computed=None)
    bodies = (
        ("outcome", decision.outcome, decision_body(stepped.decision)),
        ("after", decision.after, position_body(stepped.position)),
    )
    for name, recorded, computed in bodies:
        found = _differing(name, recorded, computed)
        if found is not None:
            field, ours, theirs = found
            return Difference(
                number=decision.number,
                field=field,
                recorded=None if ours is _MISSING else ours,
                computed=None if theirs is _MISSING else theirs,
            )
    return None


def _counted(so_far: VersionReplay, found: Difference | None) -> VersionReplay:
    # The newest comes first, so the last difference that is met is the first one of the record.
    return replace(
        so_far,
        decisions=so_far.decisions + 1,
        differences=so_far.differences + (found is not None),
        first=found or so_far.first,
    )


def _differing(path: str, recorded: object, computed: object) -> tuple[str, object, object] | None:
    """Return path and values of the first place where two JSON values are not the same."""
    if isinstance(recorded, Mapping) and isinstance(computed, Mapping):
        places = [
            (f"{path}.{name}", recorded.get(name, _MISSING), computed.get(name, _MISSING))
            for name in sorted(recorded.keys() | computed.keys())
        ]
    elif isinstance(recorded, list) and isinstance(computed, list | tuple):
        pairs = zip(recorded, computed, strict=False)
        places = [(f"{path}[{at}]", one, other) for at, (one, other) in enumerate(pairs)]
        places.append((f"{path}.length", len(recorded), len(computed)))
    elif type(recorded) is type(computed) and recorded == computed:
        return None
    else:
        return path, recorded, computed
    return next(filter(None, (_differing(*place) for place in places)), None)
