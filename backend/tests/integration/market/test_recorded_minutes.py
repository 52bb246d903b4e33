"""The gates on real minutes: none of them is taken for wrong, every wrong one put in is found."""

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.domain.decision import Gate, Refused
from app.domain.observation import Observation
from app.domain.position import Position
from app.domain.step import step
from tests.builders import a_day, a_position, a_strategy, an_observation, ticks
from tests.integration.simulation.recorded import SHARED

NEW_YORK = ZoneInfo("America/New_York")
DAYS = [
    *(f"SPY/{day}" for day in ("20131004", "20131007", "20131008", "20131009", "20131011")),
    "SPY/20230803",
    *(f"IBM/{day}" for day in ("20131004", "20131007", "20131008", "20131010", "20131011")),
    *(f"AAPL/{day}" for day in ("20140605", "20140606", "20140609")),
]
# Nothing here is about orders: a trigger and a band that no minute reaches.
STRATEGY = a_strategy(
    trigger={"up": "1", "down": "0.9"}, guardrails={"min_stock": "0", "max_stock": "1"}
)
WRONG = (0.01, 0.5, 0.97, 1.03, 2, 100)  # times the real price; 3 % is 15 times the usual minute


def minutes(day: str) -> tuple[Observation, ...]:
    """Return the closes of the minutes of a regular session as trades seen a second later."""
    path: Path = SHARED / "intraday_1m_lean" / f"{day}_trade.csv"
    if not path.is_file():
        pytest.skip(f"{day} is not bundled and there is no folder ../shared")
    with path.open(encoding="utf-8") as rows:
        return tuple(_regular(csv.DictReader(rows)))


def _regular(rows: csv.DictReader[str]) -> Iterator[Observation]:
    for row in rows:
        ends = datetime.fromisoformat(row["time_et"]) + timedelta(minutes=1)
        if 9 * 60 + 30 < ends.hour * 60 + ends.minute <= 16 * 60:
            at = ends.replace(tzinfo=NEW_YORK).astimezone(UTC)
            yield an_observation(ticks(row["close"]), observed_at=at, received_at=at)


def look(position: Position, observation: Observation) -> tuple[Position, Gate | None]:
    """Return the position after a look, and the gate that refused it, if one did."""
    now = observation.observed_at + timedelta(seconds=1)
    stepped = step(position, observation, STRATEGY, a_day(now=now, date=now.date()))
    reason = stepped.decision.reason if isinstance(stepped.decision, Refused) else None
    assert reason is None or isinstance(reason, Gate)
    return stepped.position, reason


@pytest.mark.parametrize("day", DAYS)
class TestADayOfRealMinutes:
    def test_holds_no_price_that_is_refused(self, day: str) -> None:
        position = a_position(anchor=None)
        shown = minutes(day)
        assert len(shown) > 380
        for observation in shown:
            position, refused = look(position, observation)
            assert refused is None, observation

    def test_with_wrong_prices_in_it_uses_none_of_them_and_every_real_one(self, day: str) -> None:
        rng, position = random.Random(day), a_position(anchor=None)
        found = 0
        for number, observation in enumerate(minutes(day)):
            if number > 15 and rng.random() < 0.1:
                factor = rng.choice(WRONG)
                assert observation.price is not None
                at = observation.observed_at - timedelta(seconds=20)
                wrong = an_observation(
                    round(observation.price * factor), observed_at=at, received_at=at
                )
                position, refused = look(position, wrong)
                assert refused is Gate.PRICE_IMPLAUSIBLE, wrong
                found += 1
            position, refused = look(position, observation)
            assert refused is None, observation
        assert found > 20
