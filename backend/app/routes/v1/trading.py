"""All trading at once: the kill switch; and the proof of what was decided."""

from fastapi import APIRouter, Response

from app.routes.dependencies import Answering, Key, UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.trading import ReplayOut, SwitchIn, TradingOut, replay_out, trading_out
from app.services.halt_trading import Trading

router = APIRouter(tags=["trading"])
_FLIP = problem_responses(409, 422, 503)


@router.get("/trading", responses=problem_responses(503))
def get_trading(use: UseCases) -> TradingOut:
    """Return the kill switch, and what is at work."""
    return trading_out(use.trading.read())


@router.post("/trading/halt", response_model=TradingOut, responses=_FLIP)
def halt_trading(change: SwitchIn, use: UseCases, key: Key) -> Response:
    """Stop all trading: once this is answered, no order is made until trading is resumed."""
    answering: Answering[Trading] = Answering(render=trading_out)
    return answering.respond(use.trading.halt(reason=change.reason, ticket=answering.ticket(key)))


@router.post("/trading/resume", response_model=TradingOut, responses=_FLIP)
def resume_trading(change: SwitchIn, use: UseCases, key: Key) -> Response:
    """Let trading go on; the status of every position is what it was."""
    answering: Answering[Trading] = Answering(render=trading_out)
    return answering.respond(use.trading.resume(reason=change.reason, ticket=answering.ticket(key)))


@router.post("/positions/{position_id}/replay", responses=problem_responses(404, 422, 503))
def replay_decisions(position_id: str, use: UseCases) -> ReplayOut:
    """Compute every recorded decision of a position again, and compare each field."""
    return replay_out(use.replay.replay(position_id=position_id))
