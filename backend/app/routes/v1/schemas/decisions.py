"""Decisions on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from app.domain.book import DecisionRecord
from app.domain.decision import Decision
from app.domain.margins import Lever, Margin
from app.domain.observation import Observation
from app.domain.record import decision_body, observation_body
from app.domain.units import money_text, price_text
from app.routes.v1.schemas.market import ObservationOut, observation_fields
from app.routes.v1.schemas.protections import LimitsOut, MarksOut
from app.routes.v1.schemas.wire import DecimalText, WireModel
from app.services.explain import distance, sentence


class BoundOut(WireModel):
    """The largest quantity that a rule allows."""

    rule: str
    quantity: DecimalText


class TrimOut(WireModel):
    """A rule that reduced the quantity."""

    rule: str
    before: DecimalText
    after: DecimalText


class FallOut(WireModel):
    """How far the value was below the mark of a protection, which lets `lowest` through.

    `limit` and `fall` are fractions of the mark; the fall is negative above it.
    """

    gate: Literal["max_drawdown", "daily_loss"]
    limit: DecimalText
    mark: DecimalText
    value: DecimalText
    lowest: DecimalText
    fall: DecimalText


class DecisionFacts(WireModel):
    """What was decided, why, and every number that was compared."""

    kind: Literal["hold", "refused", "proposed"]
    reason: str
    side: Literal["buy", "sell"] | None
    cause: Literal["trigger", "drift"] | None
    quantity: DecimalText | None
    reference_price: DecimalText | None
    worst_price: DecimalText | None
    raw_quantity: DecimalText | None
    bounds: list[BoundOut]
    trims: list[TrimOut]
    binding: str | None
    commission: DecimalText | None
    anchor_price: DecimalText | None
    sell_at: DecimalText | None
    buy_at: DecimalText | None
    stock_share: DecimalText | None
    value: DecimalText | None
    blocked_by: list[str]


class TradeSeenOut(WireModel):
    """A price and the exchange's time of it."""

    price: DecimalText
    observed_at: datetime


class SightOut(TradeSeenOut):
    """The trade on show, and since when this session shows nothing else."""

    volume: int | None
    since: datetime


class SuspectOut(TradeSeenOut):
    """A price far from the last one used, and how many further trades were near it."""

    confirmations: int


class WatchOut(WireModel):
    """What judges the next price: squares of the recent moves a minute (ppm²), and the rest."""

    squares: list[int]
    mark: TradeSeenOut | None
    sight: SightOut | None
    suspect: SuspectOut | None


class StateOut(WireModel):
    """The state of a position that a decision depends on."""

    symbol: str
    broker: str
    status: str
    shares: DecimalText
    cash: DecimalText
    receivable: DecimalText
    anchor_price: DecimalText | None
    orders_today: int
    orders_on: str | None
    last_price: DecimalText | None
    last_used_on: str | None
    last_observed_at: datetime | None
    last_order_done_at: datetime | None
    order_in_flight: bool
    strategy_version: int
    watch: WatchOut | None
    protections: LimitsOut | None
    marks: MarksOut | None


class MarginOut(WireModel):
    """The nearest amount at which the answer is another one.

    `cooldown_seconds` to wait, `max_per_day` to be allowed, and the prices from which on
    `max_drawdown` and `daily_loss` let orders through must all give way where they stand; of the
    others one is enough then: `price_up` and `price_down` to be reached,
    `min_notional` to be set, `deposit` to be put in.
    """

    lever: Literal[
        "cooldown_seconds",
        "max_per_day",
        "max_drawdown",
        "daily_loss",
        "price_up",
        "price_down",
        "min_notional",
        "deposit",
    ]
    amount: DecimalText


class EvaluationOut(DecisionFacts):
    """The decision that a price would lead to; `blocked_by` lists the gates that fail now.

    `margins` say what separates a hold or a refusal from an order, `falls` how close the value is
    to each protection.
    """

    falls: list[FallOut]
    sentence: str
    distance: DecimalText | None
    observation: ObservationOut
    margins: list[MarginOut]


class DecisionOut(DecisionFacts):
    """A recorded decision; equal refusals in a row are counted on the first."""

    number: int
    at: datetime
    falls: list[FallOut]
    sentence: str
    distance: DecimalText | None
    strategy_version: int
    rules_version: str
    checks: int
    last_at: datetime
    price_low: DecimalText | None
    price_high: DecimalText | None
    before: StateOut
    after: StateOut
    observation: ObservationOut


# Decisions of an earlier version, and of an unprotected position, were made without.
_WITHOUT: Mapping[str, object] = {"watch": None, "protections": None, "marks": None}
_NO_FALLS: dict[str, object] = {"falls": []}


def evaluation_out(
    decision: Decision,
    observation: Observation,
    margins: tuple[Margin, ...],
    *,
    at: datetime,
) -> EvaluationOut:
    """Return a decision without effect, made at `at`."""
    body = _NO_FALLS | decision_body(decision)
    return EvaluationOut.model_validate(
        body
        | {
            "sentence": sentence(body),
            "distance": distance(body),
            "observation": observation_fields(observation_body(observation), at=at),
            "margins": [_margin(margin) for margin in margins],
        }
    )


def _margin(margin: Margin) -> dict[str, str]:
    return {"lever": margin.lever.value, "amount": _amount(margin.lever, margin.amount)}


def _amount(lever: Lever, amount: int) -> str:
    match lever:
        case Lever.PRICE_UP | Lever.PRICE_DOWN | Lever.MAX_DRAWDOWN | Lever.DAILY_LOSS:
            return price_text(amount)
        case Lever.MIN_NOTIONAL | Lever.DEPOSIT:
            return money_text(amount)
        case Lever.COOLDOWN_SECONDS | Lever.MAX_PER_DAY:
            return str(amount)


def decision_out(record: DecisionRecord) -> DecisionOut:
    """Return a recorded decision."""
    low, high = record.price_low, record.price_high
    return DecisionOut.model_validate(
        {
            **_NO_FALLS,
            **record.outcome,
            "number": record.number,
            "at": record.at,
            "sentence": sentence(record.outcome),
            "distance": distance(record.outcome),
            "strategy_version": record.strategy_version,
            "rules_version": record.rules_version,
            "checks": record.checks,
            "last_at": record.last_at,
            "price_low": None if low is None else price_text(low),
            "price_high": None if high is None else price_text(high),
            "before": {**_WITHOUT, **record.before},
            "after": {**_WITHOUT, **record.after},
            "observation": observation_fields(record.observation, at=record.at),
        }
    )
