"""What happened to a position: decisions, orders, trades, ledger, audit events, strategies."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from app.routes.dependencies import Cursor, Limit, UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.actions import ActionOut, action_out
from app.routes.v1.schemas.decisions import DecisionOut, decision_out
from app.routes.v1.schemas.timeline import (
    AuditEventOut,
    LedgerEntryOut,
    OrderOut,
    StrategyVersionOut,
    TradeOut,
    audit_event_out,
    ledger_entry_out,
    order_out,
    strategy_version_out,
    trade_out,
)
from app.routes.v1.schemas.wire import PageOut, Text

router = APIRouter(
    prefix="/positions/{position_id}", tags=["timeline"], responses=problem_responses(404, 422, 503)
)
Kind = Annotated[Literal["hold", "refused", "proposed"] | None, Query()]
ReasonFilter = Annotated[Text | None, Query(max_length=40)]


@router.get("/decisions")
def list_decisions(
    position_id: str,
    use: UseCases,
    limit: Limit = 100,
    cursor: Cursor = None,
    kind: Kind = None,
    reason: ReasonFilter = None,
) -> PageOut[DecisionOut]:
    """List the decisions, newest first."""
    page = use.read_position.decisions(
        position_id=position_id, limit=limit, cursor=cursor, kind=kind, reason=reason
    )
    return PageOut(items=[decision_out(d) for d in page.items], next_cursor=page.next_cursor)


@router.get("/decisions/{number}")
def get_decision(position_id: str, number: int, use: UseCases) -> DecisionOut:
    """Return one decision."""
    return decision_out(use.read_position.decision(position_id=position_id, number=number))


@router.get("/orders")
def list_orders(
    position_id: str, use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[OrderOut]:
    """List the orders, newest first."""
    page = use.read_position.orders(position_id=position_id, limit=limit, cursor=cursor)
    return PageOut(items=[order_out(o) for o in page.items], next_cursor=page.next_cursor)


@router.get("/trades")
def list_trades(
    position_id: str, use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[TradeOut]:
    """List the trades, newest first."""
    page = use.read_position.trades(position_id=position_id, limit=limit, cursor=cursor)
    return PageOut(items=[trade_out(t) for t in page.items], next_cursor=page.next_cursor)


@router.get("/ledger")
def list_ledger(
    position_id: str, use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[LedgerEntryOut]:
    """List the movements of cash and shares, newest first."""
    page = use.read_position.ledger(position_id=position_id, limit=limit, cursor=cursor)
    return PageOut(items=[ledger_entry_out(e) for e in page.items], next_cursor=page.next_cursor)


@router.get("/audit-events")
def list_audit_events(
    position_id: str, use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[AuditEventOut]:
    """List the links of the audit chain, newest first."""
    page = use.read_position.events(position_id=position_id, limit=limit, cursor=cursor)
    return PageOut(items=[audit_event_out(e) for e in page.items], next_cursor=page.next_cursor)


@router.get("/strategies")
def list_strategies(
    position_id: str, use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[StrategyVersionOut]:
    """List the versions of the strategy, newest first."""
    page = use.read_position.strategies(position_id=position_id, limit=limit, cursor=cursor)
    return PageOut(
        items=[strategy_version_out(v) for v in page.items], next_cursor=page.next_cursor
    )


@router.get("/dividends")
def list_dividends(
    position_id: str, use: UseCases, limit: Limit = 100, cursor: Cursor = None
) -> PageOut[ActionOut]:
    """List the dividends and splits, the one learned last first."""
    page = use.read_position.actions(position_id=position_id, limit=limit, cursor=cursor)
    return PageOut(items=[action_out(a) for a in page.items], next_cursor=page.next_cursor)
