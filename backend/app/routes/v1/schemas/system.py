"""The health of the service on the wire."""

from typing import Literal

from app.routes.v1.schemas.market import MarketStatusOut
from app.routes.v1.schemas.wire import WireModel


class HealthOut(WireModel):
    """The process answers."""

    status: Literal["ok"]


class DependencyOut(WireModel):
    """One thing that the service needs, and what its state means."""

    name: str
    state: Literal["ok", "degraded", "down"]
    detail: str


class ReadyOut(WireModel):
    """Whether the service can do its work."""

    status: Literal["ready", "not_ready"]
    dependencies: list[DependencyOut]


class VersionOut(WireModel):
    """Which build this is, and which rules it decides by."""

    version: str
    rules_version: str


class StatusOut(WireModel):
    """Mode, market clock, kill switch and dependencies at a glance."""

    mode: Literal["paper"]
    version: str
    rules_version: str
    trading_halted: bool
    market: MarketStatusOut
    dependencies: list[DependencyOut]
