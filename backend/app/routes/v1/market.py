"""The market: the exchange's clock and the latest observation of a symbol."""

from fastapi import APIRouter

from app.routes.dependencies import UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.market import (
    MarketStatusOut,
    QuoteOut,
    TicksOut,
    market_status_out,
    quote_out,
    ticks_out,
)
from app.routes.v1.schemas.wire import Symbol

router = APIRouter(prefix="/market", tags=["market"])


@router.get("/status", responses=problem_responses(503))
def get_market_status(use: UseCases) -> MarketStatusOut:
    """Return which part of its day the exchange is in, and what comes next."""
    return market_status_out(use.market.clock())


@router.get("/{symbol}/quote", responses=problem_responses(422, 503))
def get_quote(symbol: Symbol, use: UseCases) -> QuoteOut:
    """Return the latest observation with its source and its age."""
    return quote_out(use.market.observe(symbol=symbol), at=use.market.now())


@router.get("/{symbol}/ticks", responses=problem_responses(422, 503))
def list_ticks(symbol: Symbol, use: UseCases) -> TicksOut:
    """Return the latest prices that were seen, oldest first, without asking the provider."""
    return ticks_out(symbol, use.market.ticks(symbol=symbol), at=use.market.now())
