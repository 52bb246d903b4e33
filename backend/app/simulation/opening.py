"""The opening of a run: its position at the first evaluated price."""

from dataclasses import dataclass
from datetime import datetime

from app.domain import rules
from app.domain.errors import FieldError, InvalidInputError
from app.domain.opening import split_value
from app.domain.position import Broker, Position, Status
from app.domain.units import price_text, value_text
from app.simulation.bars import Bars
from app.simulation.market import moment
from app.simulation.run import ExecutionModel, Opening, SimulationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The first evaluated price in ticks, its moment, and the position before its evaluation."""

    at: datetime
    price: int
    position: Position


def opened(*, bars: Bars, index: int, request: SimulationRequest) -> Opened:
    """Return the opening of a run whose first bar is `index`: at its close, in `touch` at its open.

    A stock fraction is bought at that price without cost, its shares rounded toward zero to the
    lot and their price up to a micro.

    Raises
    ------
    InvalidInputError
        When the opening value or the anchor does not fit the price.
    """
    touch = request.model is ExecutionModel.TOUCH
    price = bars.opens[index] if touch else bars.closes[index]
    cash, shares = _cash_and_shares(request.opening, price, request.strategy.lot)
    position = Position(
        symbol=bars.symbol,
        broker=Broker.PAPER,
        status=Status.RUNNING,
        shares=shares,
        cash=cash,
        receivable=0,
        anchor=request.opening.anchor,
        orders_today=0,
        orders_on=None,
        last_price=None,
        last_used_on=None,
        last_observed_at=None,
        last_order_done_at=None,
        order_in_flight=False,
        strategy_version=1,
    )
    _check(position, price)
    seconds = bars.starts[index] if touch else bars.ends[index]
    return Opened(at=moment(seconds), price=price, position=position)


def _cash_and_shares(opening: Opening, price: int, lot: int) -> tuple[int, int]:
    if opening.value is not None and opening.stock_fraction is not None:
        return split_value(
            value=opening.value, fraction=opening.stock_fraction, price=price, lot=lot
        )
    assert opening.shares is not None
    assert opening.cash is not None
    return opening.cash, opening.shares


def _check(position: Position, price: int) -> None:
    value = position.value_at(price)
    if not 0 < value <= rules.VALUE_MAX:
        most = value_text(rules.VALUE_MAX)
        raise InvalidInputError(
            FieldError(
                field="opening",
                message=f"is worth {value_text(value)} USD at the first price",
                allowed=f"more than 0, up to {most} USD at {price_text(price)}",
            )
        )
    anchor = position.anchor
    if anchor is not None and not price <= 2 * anchor <= 4 * price:
        raise InvalidInputError(
            FieldError(
                field="opening.anchor_price",
                message=f"is {price_text(anchor)}",
                allowed=f"within a factor 2 of the first price, {price_text(price)}",
            )
        )
