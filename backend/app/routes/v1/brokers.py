"""Broker accounts: connected, armed, and the shares that a person adopts from them."""

from fastapi import APIRouter

from app.domain.position import Broker
from app.routes.dependencies import UseCases
from app.routes.problems import problem_responses
from app.routes.v1.schemas.brokers import ArmIn, BrokerAccountOut, broker_account_out
from app.routes.v1.schemas.positions import PositionOut, StatusChangeIn, position_out
from app.routes.v1.schemas.trading import SwitchIn

router = APIRouter(tags=["brokers"])
_CHANGE = problem_responses(404, 409, 422, 503)


@router.get("/brokers", responses=problem_responses(503))
def list_brokers(use: UseCases) -> list[BrokerAccountOut]:
    """List the connected accounts, each with the checklist for real money."""
    return [broker_account_out(view) for view in use.arming.read()]


@router.post("/brokers/{broker}/arm", responses=_CHANGE)
def arm_broker(broker: Broker, wish: ArmIn, use: UseCases) -> BrokerAccountOut:
    """Let the real money of an account trade; the checklist must hold and be confirmed."""
    view = use.arming.arm(broker=broker, confirmation=wish.confirmation, reason=wish.reason)
    return broker_account_out(view)


@router.post("/brokers/{broker}/disarm", responses=_CHANGE)
def disarm_broker(broker: Broker, change: SwitchIn, use: UseCases) -> BrokerAccountOut:
    """Stop the real money of an account: no order of it leaves any more."""
    return broker_account_out(use.arming.disarm(broker=broker, reason=change.reason))


@router.post("/positions/{position_id}/adopt", responses=_CHANGE)
def adopt_shares(position_id: str, change: StatusChangeIn, use: UseCases) -> PositionOut:
    """Take the broker's number of shares for a halted position's own."""
    view = use.reconciling.adopt(position_id=position_id, reason=change.reason)
    return position_out(view, at=use.market.now())
