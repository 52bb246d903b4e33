"""The sentence of a decision: true of its numbers, for every reason there is."""

import pytest

from app.domain.decision import Gate, HoldReason, RefusalReason
from app.domain.observation import MarketPhase
from app.domain.position import Position, Status
from app.domain.protection import Marks, Protections
from app.domain.record import decision_body
from app.domain.step import step
from app.domain.strategy import Strategy
from app.domain.units import VALUE_PER_USD
from app.services.explain import distance, sentence
from tests.builders import a_day, a_position, a_strategy, an_observation, ppm, shares

USED_UP = a_position(orders_today=5, orders_on=a_day().date)


def decided(
    price: str, position: Position | None = None, strategy: Strategy | None = None
) -> dict[str, object]:
    stepped = step(
        position or a_position(), an_observation(price), strategy or a_strategy(), a_day()
    )
    return decision_body(stepped.decision)


class TestASentence:
    @pytest.mark.parametrize(
        ("price", "position", "said"),
        [
            ("60", a_position(anchor=None), "Hold: the first price, 60, is now the anchor."),
            ("60.5", None, "Hold: 60.5 lies between buy at 58.2 and sell at 61.8."),
            ("60", a_position(shares=0, cash=0), "Hold: at 60 the size rule asks for no order."),
            ("63", None, "Sell 15.4953 at 63: 5.0 % above the anchor 60."),
            ("57", None, "Buy 18.0059 at 57: 5.0 % below the anchor 60."),
            ("60", a_position(status=Status.PAUSED), "Refused: the position is not running"),
            (
                "63",
                USED_UP,
                "Refused: sell at 63 called for, but today's number of orders is used up.",
            ),
        ],
    )
    def test_states_what_was_decided_with_its_numbers(
        self, price: str, position: Position | None, said: str
    ) -> None:
        assert sentence(decided(price, position)).startswith(said)

    def test_names_the_rule_that_cut_the_order(self) -> None:
        strategy = a_strategy(guardrails={"max_trade": "0.01"})
        assert sentence(decided("63", strategy=strategy)).endswith(", cut by the largest trade.")

    def test_says_that_drift_called_for_the_order(self) -> None:
        position = a_position(shares=shares("10"))
        assert sentence(decided("60", position)).endswith(
            ": the stock share left the guardrails, back to the bound."
        )

    @pytest.mark.parametrize("reason", [*Gate, *RefusalReason])
    def test_exists_for_every_refusal(self, reason: str) -> None:
        outcome = decided("63") | {"kind": "refused", "reason": reason, "binding": "cash"}
        said = sentence(outcome)
        assert said.startswith("Refused: ")
        assert said.endswith(".")
        assert "None" not in said

    @pytest.mark.parametrize(
        ("protections", "said"),
        [
            (
                Protections(max_drawdown=ppm("0.05")),
                "Refused: the value is 11300; drawdown may be 5 % below its peak of 12000: "
                "orders go on from 11400 up, or once the peak is reset.",
            ),
            (
                Protections(max_daily_loss=ppm("0.025")),
                "Refused: the value is 11300; daily loss may be 2.5 % below what the day began "
                "with, 12000: orders go on from 11700 up, or on the next day.",
            ),
        ],
    )
    def test_of_a_protection_has_its_numbers(self, protections: Protections, said: str) -> None:
        top = 12_000 * VALUE_PER_USD
        marks = Marks(peak=top, reference=top, last=top, on=a_day().date)
        assert sentence(decided("53", a_position(protections=protections, marks=marks))) == said

    @pytest.mark.parametrize("reason", list(HoldReason))
    def test_exists_for_every_hold(self, reason: str) -> None:
        assert sentence(decided("60.5") | {"reason": reason}).startswith("Hold: ")

    def test_at_a_closed_exchange_says_so(self) -> None:
        day = a_day(phase=MarketPhase.CLOSED)
        stepped = step(a_position(), an_observation("63"), a_strategy(), day)
        assert sentence(decision_body(stepped.decision)) == (
            "Refused: the exchange is closed for this strategy's sessions."
        )


class TestTheDistance:
    @pytest.mark.parametrize(
        ("price", "moved"), [("63", "0.050000"), ("58.2", "-0.030000"), ("60", "0.000000")]
    )
    def test_is_the_move_from_the_anchor(self, price: str, moved: str) -> None:
        assert distance(decided(price)) == moved

    def test_is_none_without_a_price(self) -> None:
        assert distance(decided("63") | {"reference_price": None}) is None
