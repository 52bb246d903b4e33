"""What the kernel reads, against what the replay works out one by one."""

from datetime import date
from random import Random

import numpy as np
import pytest

from app.domain import entitlement, rules
from app.domain.corporate_action import Split
from app.domain.errors import InvalidInputError
from app.domain.observation import MarketPhase
from app.domain.strategy import Strategy
from app.simulation import kernel_layout as at
from app.simulation.agenda import Item, agenda_of
from app.simulation.bars import Bars
from app.simulation.kernel import code_digest, sources
from app.simulation.kernel_layout import STRATEGY, strategy_vector
from app.simulation.prepared import prepare
from app.simulation.pyramid import blocks_of
from app.simulation.sessions import ExDividend, Session, phase_of, sessions_of
from tests.unit.simulation.runs import candles, daily, dividend, hourly, request, split

HOURS = (4, 9, 10, 15, 16, 19)


def eventful(random: Random) -> Bars:
    """Return 60 sessions with splits and dividends on any of them, some on the same one."""
    closes = [str(random.randint(20, 200)) for _ in range(60)]
    ex_dates = random.sample(range(60), 12)
    dividends = [
        dividend(on, "0.5", paid=random.choice([None, on, min(on + 7, 59)]))
        for on in sorted(ex_dates)
    ]
    splits = [split(on, *random.choice([(2, 1), (1, 20), (3, 2)])) for on in sorted(ex_dates[:4])]
    return daily(*closes, dividends=dividends, splits=splits)


def listed(sessions: tuple[Session, ...], bars: Bars) -> list[tuple[int, int, list[Item]]]:
    """Return the first bar, the idle days and the items of each session that has any."""
    events = []
    for session in sessions:
        opening = bars.opens[session.bars[0]]
        items: list[Item] = []
        for action in session.actions:
            match action:
                case Split(numerator=new, denominator=old):
                    items.append((at.SPLIT, new, old, opening))
                case ExDividend(number=number, dividend=paid, previous_close=close):
                    items.append((at.DIVIDEND, number, paid.per_share, close))
        items += [(at.PAYMENT, number, 0, 0) for number in session.payments]
        if items:
            events.append((session.bars[0], session.idle_days, items))
    return events


class TestAgenda:
    @pytest.mark.parametrize("lag", [0, 3, 30])
    def test_holds_what_the_sessions_of_a_replay_hold(self, lag: int) -> None:
        for seed in range(40):
            random = Random(seed)
            bars = eventful(random)
            window = range(random.randrange(10), 60 - random.randrange(10))
            events = agenda_of(
                prepared=prepare(bars), window=window, pay_lag_days=lag, interest=False
            )
            spans = zip(events.starts[:-1], events.starts[1:], strict=True)
            assert [
                (bar, days, [tuple(item) for item in events.items[start:stop].tolist()])
                for bar, days, (start, stop) in zip(
                    events.bars.tolist(), events.days.tolist(), spans, strict=True
                )
            ] == listed(sessions_of(bars=bars, window=window, pay_lag_days=lag), bars)

    def test_has_an_event_for_every_session_that_earns_interest(self) -> None:
        bars = daily("10", "11", "12", "13", "14")
        events = agenda_of(prepared=prepare(bars), window=range(5), pay_lag_days=0, interest=True)
        assert events.bars.tolist() == [1, 2, 3, 4]
        assert events.days.tolist() == [1, 1, 1, 3]

    def test_refuses_a_split_whose_ratio_has_no_exact_arithmetic(self) -> None:
        bars = daily("10", "11", splits=[split(1, 10**7, 9_999_999)])
        with pytest.raises(InvalidInputError, match="whole numbers up to 1000000"):
            agenda_of(prepared=prepare(bars), window=range(2), pay_lag_days=0, interest=False)


class TestPrepared:
    def test_tells_regular_bars_as_one_by_one(self) -> None:
        bars = hourly(*((session, hour, "10") for session in range(60, 70) for hour in HOURS))
        prepared = prepare(bars)
        assert prepared.extended.tolist() == [
            phase_of(bars, bar) is not MarketPhase.REGULAR for bar in range(len(bars))
        ]
        assert not prepared.is_regular

    def test_knows_the_sessions(self) -> None:
        bars = hourly(*((session, hour, "10") for session in range(3) for hour in HOURS))
        prepared = prepare(bars)
        assert prepared.first_bars.tolist() == [0, 6, 12]
        assert prepared.regular_closes.tolist() == [3, 9, 15]
        assert [date.fromordinal(day) for day in prepared.session_dates.tolist()] == [
            bars.session(0),
            bars.session(6),
            bars.session(12),
        ]

    def test_shares_the_memory_of_the_columns(self) -> None:
        bars = daily("10", "11")
        assert np.shares_memory(prepare(bars).closes, np.frombuffer(bars.closes, np.int64))

    @pytest.mark.parametrize("price", ["0", "200000.0001"])
    @pytest.mark.parametrize("place", range(4), ids=["open", "high", "low", "close"])
    def test_refuses_prices_without_exact_arithmetic(self, place: int, price: str) -> None:
        prices = ["10", "11", "9", "10"]
        prices[place] = price
        bars = candles(("10", "10", "10", "10"), (prices[0], prices[1], prices[2], prices[3]))
        with pytest.raises(InvalidInputError, match=r"from 0\.0001 to 200000"):
            prepare(bars)

    def test_refuses_bars_that_overlap(self) -> None:
        with pytest.raises(InvalidInputError, match="bar 1"):
            prepare(hourly((0, 10, "10"), (0, 11, "10"), (0, 11, "10")))


class TestBlocks:
    @pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
    def test_bound_every_64_bars(self, count: int) -> None:
        lows = np.random.default_rng(count).integers(1, 1000, count)
        highs = lows + 5
        lowest, highest = blocks_of(lows, highs)
        starts = range(0, count, 64)
        assert lowest.tolist() == [lows[start : start + 64].min() for start in starts]
        assert highest.tolist() == [highs[start : start + 64].max() for start in starts]


class TestCodeDigest:
    def test_changes_with_any_source(self) -> None:
        texts = sources()
        edited = [
            (*texts[:index], texts[index] + b"\n", *texts[index + 1 :])
            for index in range(len(texts))
        ]
        assert (
            len({code_digest(texts), *(code_digest(others) for others in edited)}) == len(texts) + 1
        )

    def test_sees_the_rules_and_what_a_holding_brings(self) -> None:
        texts = sources()
        for module in (rules, entitlement):
            assert module.__file__ is not None
            assert module.__doc__ is not None
            assert any(module.__doc__.encode() in text for text in texts)


class TestStrategyVector:
    def test_holds_every_field_at_its_place(self) -> None:
        strategy = request(daily("10")).strategy
        vector = strategy_vector(strategy)
        assert len(vector) == len(STRATEGY)
        assert vector[at.UP] == strategy.up
        assert vector[at.POLICY] == rules.PROPORTIONAL
        assert vector[at.ADJUST_ANCHOR] == 1
        assert vector[at.SLIPPAGE] == strategy.slippage

    def test_leaves_out_only_what_the_kernel_does_not_decide_on(self) -> None:
        left = set(Strategy.__slots__) - set(STRATEGY)
        assert left == {"collar", "pay_lag_days", "sessions"}
