"""The kill switch and the replay of decisions on the wire."""

from datetime import datetime

from pydantic import JsonValue, TypeAdapter

from app.routes.v1.schemas.wire import Reason, WireModel
from app.services.halt_trading import Trading
from app.services.replay_decisions import Difference, Replay, VersionReplay

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


class SwitchIn(WireModel):
    """Why trading is stopped, or goes on."""

    reason: Reason


class TradingOut(WireModel):
    """The kill switch since `changed_at`, and what it stops: running positions, live orders.

    `reason` is null until the switch is used for the first time.
    """

    halted: bool
    reason: str | None
    changed_at: datetime
    running_positions: int
    live_orders: int


class DifferenceOut(WireModel):
    """The first field in which a decision comes out otherwise than it was recorded.

    `field` is "record" when the record cannot be read; `recorded` says why then.
    """

    number: int
    field: str
    recorded: JsonValue
    computed: JsonValue


class VersionReplayOut(WireModel):
    """The decisions of one version of the rules, computed again."""

    rules_version: str
    decisions: int
    differences: int
    first_difference: DifferenceOut | None


class ReplayOut(WireModel):
    """Every recorded decision of a position, computed again by the present rules.

    What the present version decided must come out the same. Decisions of earlier versions are
    counted apart: where they differ, the rules were changed since.
    """

    position_id: str
    rules_version: str
    decisions: int
    differences: int
    first_difference: DifferenceOut | None
    earlier_versions: list[VersionReplayOut]


def trading_out(trading: Trading) -> TradingOut:
    """Return the kill switch as the wire writes it."""
    switch = trading.switch
    return TradingOut(
        halted=switch.halted,
        reason=switch.reason,
        changed_at=switch.changed_at,
        running_positions=trading.running,
        live_orders=trading.live_orders,
    )


def replay_out(replay: Replay) -> ReplayOut:
    """Return a replay as the wire writes it."""
    present = replay.present
    return ReplayOut(
        position_id=replay.position.id,
        rules_version=present.rules_version,
        decisions=present.decisions,
        differences=present.differences,
        first_difference=_difference(present.first),
        earlier_versions=[_version(version) for version in replay.earlier],
    )


def _version(version: VersionReplay) -> VersionReplayOut:
    return VersionReplayOut(
        rules_version=version.rules_version,
        decisions=version.decisions,
        differences=version.differences,
        first_difference=_difference(version.first),
    )


def _difference(found: Difference | None) -> DifferenceOut | None:
    if found is None:
        return None
    return DifferenceOut(
        number=found.number,
        field=found.field,
        recorded=_JSON.validate_python(found.recorded),
        computed=_JSON.validate_python(found.computed),
    )
