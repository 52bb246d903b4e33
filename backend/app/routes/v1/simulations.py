"""Simulations: run, follow, read, cancel."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.routes.dependencies import Answering, Cursor, Key, Limit, UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.simulations import (
    EquitySeriesOut,
    RollingOut,
    RollingSeriesOut,
    SimulatedDecisionOut,
    SimulatedTradeOut,
    SimulationIn,
    SimulationOut,
    simulation_out,
)
from app.routes.v1.schemas.wire import PageOut
from app.simulation.run import RunRecord
from app.simulation.series import Items

router = APIRouter(prefix="/simulations", tags=["simulations"])
_SERIES = problem_responses(404, 409, 422, 503)
_POINTS_MAX = 100_000
_ITEMS_AT_A_TIME = 1000
Points = Annotated[
    int, Query(ge=2, le=_POINTS_MAX, description="Thin to this many, keeping the extremes.")
]
Offset = Annotated[int, Query(ge=0, description="How many to leave out from the start.")]


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=SimulationOut,
    responses=problem_responses(404, 409, 422, 503),
)
def run_simulation(wish: SimulationIn, request: Request, use: UseCases, key: Key) -> Response:
    """Start a simulation in a process of its own; follow it at the Location."""
    answering: Answering[RunRecord] = Answering(render=simulation_out, status=HTTPStatus.ACCEPTED)
    run = use.simulations.submit(
        body=wish.model_dump(exclude_unset=True), ticket=answering.ticket(key)
    )
    response = answering.respond(run)
    if isinstance(run, RunRecord):
        response.headers["Location"] = f"{request.url.path}/{run.id}"
    return response


@router.get("", responses=problem_responses(422, 503))
def list_simulations(
    use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[SimulationOut]:
    """List the runs, newest first."""
    page = use.simulations.list(limit=limit, cursor=cursor)
    return PageOut(items=[simulation_out(run) for run in page.items], next_cursor=page.next_cursor)


@router.get("/{simulation_id}", responses=problem_responses(404, 422, 503))
def get_simulation(simulation_id: str, use: UseCases) -> SimulationOut:
    """Return a run with its progress, and its result once it is completed."""
    followed = use.simulations.get(run_id=simulation_id)
    return simulation_out(followed.run, partial_curve=followed.partial_curve)


@router.delete("/{simulation_id}", responses=problem_responses(404, 422, 503))
def remove_simulation(
    simulation_id: str, use: UseCases, *, only_cancel: bool = False
) -> SimulationOut:
    """Cancel a run that is going, or remove one that has ended, unless only to be cancelled."""
    run = use.simulations.remove(run_id=simulation_id, only_cancel=only_cancel)
    return simulation_out(run)


@router.get("/{simulation_id}/equity", response_model=EquitySeriesOut, responses=_SERIES)
def get_simulation_equity(
    simulation_id: str, use: UseCases, points: Points = _POINTS_MAX
) -> Response:
    """Return the robot's curve and that of holding, oldest first."""
    curves = use.read_simulation.curves(run_id=simulation_id, points=points)
    text = _json(items=curves.equity, holding=curves.holding)
    return StreamingResponse(text, media_type="application/json")


@router.get("/{simulation_id}/rolling", responses=_SERIES)
def get_simulation_rolling(simulation_id: str, use: UseCases) -> RollingSeriesOut:
    """Return the rolling volatility and Sharpe ratio of a run, oldest first."""
    items = use.read_simulation.rolling(run_id=simulation_id)
    return RollingSeriesOut(items=[RollingOut.model_validate(item) for item in items])


@router.get("/{simulation_id}/trades", responses=_SERIES)
def list_simulation_trades(
    simulation_id: str, use: UseCases, limit: Limit = 1000, cursor: Offset = 0
) -> PageOut[SimulatedTradeOut]:
    """List the trades of a run, oldest first."""
    trades = use.read_simulation.trades(run_id=simulation_id)
    items = [SimulatedTradeOut.model_validate(t) for t in trades[cursor : cursor + limit]]
    return PageOut(items=items, next_cursor=_after(cursor, limit, len(trades)))


@router.get("/{simulation_id}/decisions", responses=_SERIES)
def list_simulation_decisions(
    simulation_id: str, use: UseCases, limit: Limit = 1000, cursor: Offset = 0
) -> PageOut[SimulatedDecisionOut]:
    """List the decisions of a run, oldest first."""
    decisions = use.read_simulation.decisions(run_id=simulation_id)
    items = [SimulatedDecisionOut.model_validate(d) for d in decisions[cursor : cursor + limit]]
    return PageOut(items=items, next_cursor=_after(cursor, limit, len(decisions)))


def _json(**lists: Items) -> Iterator[str]:
    """Yield an object of lists piece by piece: the longest would fill much memory at once."""
    before = "{"
    for name, items in lists.items():
        yield f'{before}"{name}":['
        for start in range(0, len(items), _ITEMS_AT_A_TIME):
            piece = items[start : start + _ITEMS_AT_A_TIME]
            texts = (json.dumps(item, separators=(",", ":")) for item in piece)
            yield ("," if start else "") + ",".join(texts)
        yield "]"
        before = ","
    yield "}"


def _after(offset: int, limit: int, total: int) -> str | None:
    """Return the cursor of the next page of a finished series: how many lie before it."""
    return str(offset + limit) if offset + limit < total else None
