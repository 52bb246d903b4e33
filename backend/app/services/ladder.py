"""The next orders of a position, above and below its last price."""

from app.domain.ladder import Ladder, ladder
from app.domain.session import LIVE_GATES
from app.services.open_position import opened_at
from app.services.ports import Store
from app.services.read_market import ReadMarket


class ReadLadder:
    """Asks the rules for the orders to come; changes nothing and asks no provider."""

    def __init__(self, *, store: Store, market: ReadMarket) -> None:
        self._store = store
        self._market = market

    def read(self, *, position_id: str, rungs: int) -> Ladder | None:
        """Return the ladder around the last price used, or around the anchor before there is one.

        None where neither is known.
        """
        with self._store.book() as book:
            record = book.get_position(position_id=position_id)
        state = record.state
        price = state.last_price or state.anchor
        if price is None:
            return None
        if record.opening_fraction is not None:
            state = opened_at(record, price)
        day = self._market.day(trading_halted=False, gates=LIVE_GATES, what_if=True)
        return ladder(state, record.strategy, day, price=price, rungs=rungs)
