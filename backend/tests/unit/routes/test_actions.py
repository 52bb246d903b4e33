"""Dividends and splits on the wire: decimal strings, and null where a field is not its kind's."""

from datetime import date

from app.domain.booked_action import ActionKind, ActionRecord, ActionState
from app.routes.v1.schemas.actions import action_out
from tests.builders import NOW, shares, ticks, usd

KO = ActionRecord(
    kind=ActionKind.DIVIDEND,
    ex_date=date(2023, 11, 30),
    state=ActionState.SETTLED,
    per_share=usd("0.46"),
    numerator=None,
    denominator=None,
    previous_close=ticks("58.23"),
    entitled=shares("100"),
    gross=usd("46"),
    tax=usd("11.5"),
    net=usd("34.5"),
    due_on=date(2023, 12, 30),
    paid_on=date(2024, 1, 2),
    source="yahoo",
    learned_at=NOW,
    note=None,
    differs=None,
)
AAPL = ActionRecord(
    kind=ActionKind.SPLIT,
    ex_date=date(2014, 6, 9),
    state=ActionState.BOOKED,
    per_share=None,
    numerator=7,
    denominator=1,
    previous_close=ticks("92.2243"),
    entitled=shares("700"),
    gross=0,
    tax=0,
    net=0,
    due_on=date(2014, 6, 9),
    paid_on=None,
    source="yahoo",
    learned_at=NOW,
    note=None,
    differs=None,
)


class TestAnAction:
    def test_that_is_a_dividend_says_what_it_brought(self) -> None:
        wire = action_out(KO)
        assert (wire.kind, wire.state, wire.ratio) == ("dividend", "settled", None)
        assert (wire.per_share, wire.shares) == ("0.46", "100")
        assert (wire.gross, wire.tax, wire.net) == ("46", "11.5", "34.5")

    def test_that_is_a_split_says_its_ratio(self) -> None:
        wire = action_out(AAPL)
        assert (wire.kind, wire.state, wire.ratio) == ("split", "booked", "7:1")
        assert (wire.per_share, wire.shares) == (None, "700")
