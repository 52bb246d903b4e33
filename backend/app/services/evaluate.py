"""The decision that a price would lead to, without any effect."""

from dataclasses import dataclass

from app.domain.book import PositionRecord
from app.domain.decision import Decision
from app.domain.margins import Margin, margins
from app.domain.observation import Observation
from app.domain.session import LIVE_GATES
from app.domain.step import step
from app.domain.what_if import given_observation
from app.services.open_position import opened_at, opening_price
from app.services.ports import Store
from app.services.preview import WaitingOrder, waiting_orders
from app.services.read_market import ReadMarket


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What would be decided, on what, and what separates it from an order."""

    position: PositionRecord
    observation: Observation
    decision: Decision
    margins: tuple[Margin, ...]


class Evaluate:
    """Asks the rules without acting on the answer."""

    def __init__(self, *, store: Store, market: ReadMarket) -> None:
        self._store = store
        self._market = market

    def evaluate(self, *, position_id: str, price: int | None) -> Evaluation:
        """Return the decision at `price` ticks, or at the current price of the market.

        Raises
        ------
        ProviderError
            When no price is given and the provider cannot answer.
        """
        with self._store.book() as book:
            record = book.get_position(position_id=position_id)
            halted = book.trading_halted()
        symbol = record.state.symbol
        quoted = self._market.observe(symbol=symbol) if price is None else None
        day = self._market.day(trading_halted=halted, gates=LIVE_GATES, what_if=True)
        observation = quoted or given_observation(symbol, price, day)
        stepped = step(record.state, observation, record.strategy, day)
        first_price = opening_price(record, observation, stepped)
        state = record.state
        if first_price is not None:
            state = opened_at(record, first_price)
            stepped = step(state, observation, record.strategy, day)
        return Evaluation(
            position=record,
            observation=observation,
            decision=stepped.decision,
            margins=margins(state, observation, record.strategy, day, stepped.decision),
        )

    def waiting(self, *, record: PositionRecord) -> tuple[WaitingOrder, ...]:
        """Return the triggers of the position at which no order would be proposed."""
        day = self._market.day(trading_halted=False, gates=LIVE_GATES, what_if=True)
        return waiting_orders(record.state, record.strategy, day)
