"""The market: the exchange's clock and the latest observation of a symbol."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.domain.position import SYMBOL_PATTERN
from app.routes.dependencies import UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.decisions import ObservationOut, observation_out
from app.routes.v1.schemas.market import MarketStatusOut, market_status_out

router = APIRouter(prefix="/market", tags=["market"])
Symbol = Annotated[str, Path(pattern=f"^{SYMBOL_PATTERN}$")]


@router.get("/status", responses=problem_responses(503))
def get_market_status(use: UseCases) -> MarketStatusOut:
    """Return which part of its day the exchange is in, and what comes next."""
    return market_status_out(use.market.clock())


@router.get("/{symbol}/quote", responses=problem_responses(422, 503))
def get_quote(symbol: Symbol, use: UseCases) -> ObservationOut:
    """Return the latest observation with its source and its age."""
    return observation_out(use.market.observe(symbol=symbol))
