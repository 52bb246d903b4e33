"""Positions: open, change, start and pause."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.domain.book import LedgerKind
from app.routes.dependencies import Answering, Cursor, Key, Limit, UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.decisions import EvaluationOut, decision_out, evaluation_out
from app.routes.v1.schemas.ladder import LadderOut, ladder_out
from app.routes.v1.schemas.positions import (
    AnchorIn,
    CashMovedOut,
    CashMovementIn,
    EvaluateIn,
    PositionIn,
    PositionOut,
    PositionPatch,
    StatusChangeIn,
    TickOut,
    position_out,
)
from app.routes.v1.schemas.protections import ProtectionResetIn, limits_of
from app.routes.v1.schemas.strategies import strategy_fields
from app.routes.v1.schemas.timeline import order_out, trade_out
from app.routes.v1.schemas.wire import PageOut
from app.services.catalogue import Services
from app.services.manage_position import CashMoved
from app.services.open_position import NewPosition
from app.services.read_position import PositionView
from app.services.tick import TickResult

router = APIRouter(prefix="/positions", tags=["positions"])
Rungs = Annotated[int, Query(ge=1, le=20, description="How many on each side at most.")]
_ONE = problem_responses(404, 422, 503)
_CHANGE = problem_responses(404, 409, 422, 503)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=PositionOut,
    responses=problem_responses(409, 422, 503),
)
def open_position(wish: PositionIn, use: UseCases, key: Key) -> Response:
    """Open a position; it starts paused."""
    answering: Answering[PositionView] = Answering(
        render=lambda view: _shown(use, view), status=201
    )
    opening = wish.opening
    return answering.respond(
        use.open_position.open(
            wish=NewPosition(
                symbol=wish.symbol,
                name=wish.name,
                broker=wish.broker,
                cash=opening.cash,
                shares=opening.shares,
                anchor=opening.anchor_price,
                value=opening.value,
                stock_fraction=opening.stock_fraction,
                strategy=strategy_fields(wish.strategy),
                protections=limits_of(wish.protections),
            ),
            ticket=answering.ticket(key),
        )
    )


@router.get("", responses=problem_responses(422, 503))
def list_positions(
    use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[PositionOut]:
    """List the positions that are not archived, newest first."""
    page = use.read_position.list(limit=limit, cursor=cursor)
    now = use.market.now()
    return PageOut(
        items=[position_out(view, at=now) for view in page.items], next_cursor=page.next_cursor
    )


@router.get("/{position_id}", responses=_ONE)
def get_position(position_id: str, use: UseCases) -> PositionOut:
    """Return one position, with the triggers at which no order would be proposed."""
    return _shown(use, use.read_position.get(position_id=position_id))


@router.patch("/{position_id}", responses=_CHANGE)
def change_position(position_id: str, change: PositionPatch, use: UseCases) -> PositionOut:
    """Change the name or protections, or lay a strategy over the present one as a new version."""
    view = use.manage_position.change(
        position_id=position_id,
        name=change.name,
        strategy=strategy_fields(change.strategy)
        if "strategy" in change.model_fields_set
        else None,
        protections=limits_of(change.protections)
        if "protections" in change.model_fields_set
        else None,
        reason=change.reason,
    )
    return _shown(use, view)


@router.delete("/{position_id}", responses=_CHANGE)
def archive_position(position_id: str, use: UseCases) -> PositionOut:
    """Archive a position that is not running; it keeps its history."""
    return _shown(use, use.manage_position.archive(position_id=position_id, reason="by hand"))


@router.post("/{position_id}/start", response_model=PositionOut, responses=_CHANGE)
def start_position(
    position_id: str, use: UseCases, key: Key, change: StatusChangeIn | None = None
) -> Response:
    """Start a paused position."""
    answering: Answering[PositionView] = Answering(render=lambda view: _shown(use, view))
    reason = (change or StatusChangeIn()).reason
    return answering.respond(
        use.manage_position.start(
            position_id=position_id, reason=reason, ticket=answering.ticket(key)
        )
    )


@router.post("/{position_id}/pause", response_model=PositionOut, responses=_CHANGE)
def pause_position(
    position_id: str, use: UseCases, key: Key, change: StatusChangeIn | None = None
) -> Response:
    """Pause a running position."""
    answering: Answering[PositionView] = Answering(render=lambda view: _shown(use, view))
    reason = (change or StatusChangeIn()).reason
    return answering.respond(
        use.manage_position.pause(
            position_id=position_id, reason=reason, ticket=answering.ticket(key)
        )
    )


@router.post("/{position_id}/resolve-halt", response_model=PositionOut, responses=_CHANGE)
def resolve_halt(position_id: str, change: StatusChangeIn, use: UseCases, key: Key) -> Response:
    """Resolve the halt of a position; it is paused then."""
    answering: Answering[PositionView] = Answering(render=lambda view: _shown(use, view))
    return answering.respond(
        use.manage_position.resolve_halt(
            position_id=position_id, reason=change.reason, ticket=answering.ticket(key)
        )
    )


@router.post("/{position_id}/reset-protection", response_model=PositionOut, responses=_CHANGE)
def reset_protection(
    position_id: str, change: ProtectionResetIn, use: UseCases, key: Key
) -> Response:
    """Forget peak and day's reference; both begin anew with the next price that is used."""
    answering: Answering[PositionView] = Answering(render=lambda view: _shown(use, view))
    return answering.respond(
        use.manage_position.reset_protection(
            position_id=position_id, reason=change.reason, ticket=answering.ticket(key)
        )
    )


@router.post("/{position_id}/tick", response_model=TickOut, responses=_CHANGE)
def tick_position(position_id: str, use: UseCases, key: Key) -> Response:
    """Run one full cycle on the current market price: observe, step, order, fill."""
    answering: Answering[TickResult] = Answering(render=lambda result: _ticked(use, result))
    return answering.respond(use.tick.tick(position_id=position_id, ticket=answering.ticket(key)))


@router.post("/{position_id}/evaluate", responses=_ONE)
def evaluate_position(
    position_id: str, use: UseCases, question: EvaluateIn | None = None
) -> EvaluationOut:
    """Return the decision at the given or the current price, without any effect."""
    price = None if question is None else question.price
    evaluation = use.evaluate.evaluate(position_id=position_id, price=price)
    return evaluation_out(
        evaluation.decision, evaluation.observation, evaluation.margins, at=use.market.now()
    )


@router.get("/{position_id}/ladder", responses=_ONE)
def get_ladder(position_id: str, use: UseCases, rungs: Rungs = 5) -> LadderOut:
    """Return the next orders above and below the last price, each after the fill before it."""
    return ladder_out(use.ladder.read(position_id=position_id, rungs=rungs))


@router.post("/{position_id}/cash-movements", response_model=CashMovedOut, responses=_CHANGE)
def move_cash(position_id: str, movement: CashMovementIn, use: UseCases, key: Key) -> Response:
    """Deposit or withdraw cash; answers with the decision that would follow."""
    answering: Answering[CashMoved] = Answering(render=lambda moved: _cash_moved(use, moved))
    return answering.respond(
        use.manage_position.move_cash(
            position_id=position_id,
            kind=LedgerKind(movement.kind),
            amount=movement.amount,
            reason=movement.reason,
            ticket=answering.ticket(key),
        )
    )


@router.post("/{position_id}/anchor", response_model=PositionOut, responses=_CHANGE)
def set_anchor(position_id: str, anchor: AnchorIn, use: UseCases, key: Key) -> Response:
    """Set the anchor, within a factor 2 of the last price."""
    answering: Answering[PositionView] = Answering(render=lambda view: _shown(use, view))
    return answering.respond(
        use.manage_position.set_anchor(
            position_id=position_id,
            price=anchor.price,
            reason=anchor.reason,
            ticket=answering.ticket(key),
        )
    )


def _shown(use: Services, view: PositionView) -> PositionOut:
    return position_out(view, use.evaluate.waiting(record=view.record), at=use.market.now())


def _ticked(use: Services, result: TickResult) -> TickOut:
    return TickOut(
        decision=decision_out(result.decision),
        order=None if result.order is None else order_out(result.order),
        trade=None if result.trade is None else trade_out(result.trade),
        position=position_out(result.position, at=use.market.now()),
    )


def _cash_moved(use: Services, moved: CashMoved) -> CashMovedOut:
    decision, observation, now = moved.decision, moved.observation, use.market.now()
    following = None
    if decision is not None and observation is not None:
        following = evaluation_out(decision, observation, moved.margins, at=now)
    return CashMovedOut(position=position_out(moved.position, at=now), decision=following)
