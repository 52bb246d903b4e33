"""What a position's guardrails cost, and how it does beside its shadow twin."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.routes.dependencies import Limit, UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.proof import (
    GateLedgerOut,
    ShadowTwinOut,
    gate_ledger_out,
    shadow_twin_out,
)
from app.routes.v1.schemas.wire import PriceIn

router = APIRouter(
    prefix="/positions/{position_id}",
    tags=["proof"],
    responses=problem_responses(404, 409, 422, 503),
)
Mark = Annotated[
    PriceIn | None, Query(description="What a share is valued at; by default the last price used.")
]


@router.get("/gate-ledger")
def get_gate_ledger(
    position_id: str, use: UseCases, price: Mark = None, limit: Limit = 100
) -> GateLedgerOut:
    """Return what each gate and rule kept from being traded, and what that would be worth now."""
    return gate_ledger_out(use.gate_ledger.read(position_id=position_id, mark=price, lines=limit))


@router.get("/shadow-twin")
def get_shadow_twin(position_id: str, use: UseCases, price: Mark = None) -> ShadowTwinOut:
    """Return the position beside a twin that trades as a simulation does, and why they differ."""
    return shadow_twin_out(use.shadow_twin.read(position_id=position_id, mark=price))
