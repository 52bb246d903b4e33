"""The service itself: liveness, readiness, version and status."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from app.domain.rules import RULES_VERSION
from app.routes.dependencies import UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.market import market_status_out
from app.routes.v1.schemas.system import (
    BrokerOut,
    DependencyOut,
    HealthOut,
    LoopOut,
    ReadyOut,
    StatusOut,
    VersionOut,
    data_out,
)
from app.services.catalogue import Services
from app.services.trading_loop import LoopState

VERSION = "0.1.0"
_LOOP = {
    LoopState.OFF: "Positions are looked at when a person asks for it.",
    LoopState.STANDBY: "Another process trades, or this one waits for the database.",
    LoopState.TRADING: "Running positions are looked at in their turn.",
}
router = APIRouter(tags=["system"])


@router.get("/healthz")
def get_health() -> HealthOut:
    """Answer that the process lives."""
    return HealthOut(status="ok")


@router.get("/readyz", responses={503: {"model": ReadyOut}})
def get_readiness(use: UseCases, response: Response) -> ReadyOut:
    """Return the state of each dependency; 503 when one that is required is down."""
    dependencies = _dependencies(use)
    down = any(dependency.state == "down" for dependency in dependencies)
    if down:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return ReadyOut(status="not_ready" if down else "ready", dependencies=dependencies)


@router.get("/version")
def get_version() -> VersionOut:
    """Return the build and the version of the rules."""
    return VersionOut(version=VERSION, rules_version=RULES_VERSION)


@router.get("/status", responses=problem_responses(503))
def get_status(use: UseCases) -> StatusOut:
    """Return mode, market clock, loop, kill switch, market data, broker and dependencies."""
    return StatusOut(
        mode="paper",
        version=VERSION,
        rules_version=RULES_VERSION,
        trading_halted=use.health.trading_halted(),
        market=market_status_out(use.market.clock()),
        loop=LoopOut(state=use.loop.state.value, detail=_LOOP[use.loop.state]),
        data=data_out(use.status.data()),
        broker=BrokerOut(name="paper", state="ok", detail="Fills at once, on paper only."),
        dependencies=_dependencies(use),
    )


def _dependencies(use: Services) -> list[DependencyOut]:
    return [
        DependencyOut(name=d.name, state=d.state, detail=d.detail)
        for d in use.health.dependencies()
    ]
