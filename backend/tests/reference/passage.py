"""What one bar makes of an account: what it decided, filled and let lapse."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from tests.reference.rounding import TICK, half_up
from tests.reference.sizing import commission, notional
from tests.reference.terms import (
    Account,
    Decision,
    Kind,
    Lapse,
    Order,
    Reason,
    Side,
    Strategy,
    Trade,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The account somewhere in a bar or at its end, and what the bar has recorded so far."""

    account: Account
    decisions: tuple[Decision, ...] = ()
    trades: tuple[Trade, ...] = ()
    lapses: tuple[Lapse, ...] = ()
    waiting: Order | None = None

    def decided(self, decision: Decision, session: date) -> Self:
        """Return the passage after an evaluation: the first one sets the anchor."""
        account = self.account
        if decision.reason is Reason.ANCHOR_SET:
            account = replace(account, anchor=decision.price)
        if decision.kind is Kind.PROPOSED:
            before = account.proposals if account.proposals_on == session else 0
            account = replace(account, proposals=before + 1, proposals_on=session)
        return replace(self, account=account, decisions=(*self.decisions, decision))

    def filled(
        self, decision: Decision, *, strategy: Strategy, decided_bar: int, filled_bar: int
    ) -> Self:
        """Return the passage after the proposal filled whole at its worst price."""
        account, price, quantity = self.account, decision.worst_price, decision.quantity
        assert decision.side is not None
        assert price is not None
        booked = notional(side=decision.side, quantity=quantity, price=price)
        fee = commission(quantity=quantity, price=price, strategy=strategy)
        sign = 1 if decision.side is Side.BUY else -1
        after = replace(
            account,
            shares=account.shares + sign * quantity,
            cash=account.cash - sign * booked - fee,
            anchor=half_up(price, TICK),
            last_done=decision.at,
        )
        trade = Trade(
            decided_bar=decided_bar,
            filled_bar=filled_bar,
            at=decision.at,
            side=decision.side,
            reason=decision.reason,
            quantity=quantity,
            market=decision.price,
            price=price,
            notional=booked,
            commission=fee,
            cash_after=after.cash,
            shares_after=after.shares,
            stock_share_after=after.shares * decision.price / after.value(decision.price),
        )
        return replace(self, account=after, trades=(*self.trades, trade))

    def decided_and_filled(
        self, decision: Decision, *, session: date, strategy: Strategy, bar: int
    ) -> Self:
        """Return the passage after an evaluation whose order, if any, fills at once."""
        after = self.decided(decision, session)
        if decision.kind is not Kind.PROPOSED:
            return after
        return after.filled(decision, strategy=strategy, decided_bar=bar, filled_bar=bar)

    def lapsed(self, order: Order, *, decision: Decision, bar: int) -> Self:
        """Return the passage after a waiting order was refused at the open: it is done there."""
        lapse = Lapse(decided_bar=order.decided_bar, bar=bar, reason=decision.reason)
        account = replace(self.account, last_done=decision.at)
        return replace(self, account=account, lapses=(*self.lapses, lapse))
