"""Many threads on one position: one after another, without a gap; two positions: side by side."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.market.yahoo import YahooMarket
from app.domain.book import DecisionRecord
from app.domain.errors import UnavailableError
from app.domain.observation import Observation
from app.services.ports import Market
from app.services.tick import Tick, TickResult
from tests.builders import NOW, SYMBOL
from tests.integration.services.desk import EAGER, EVERYTHING, Desk
from tests.yahoo_market import yahoo_market
from tests.yahoo_replay import YahooReplay, ko_closes

THREADS = 32
PATIENCE_SECONDS = 10
RETRIES_MAX = 5


class WalkingMarket:
    """Satisfies `Market`; each look sees the next real close of KO, a second later."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._closes = iter(ko_closes())

    def observe(self, *, symbol: str) -> Observation:
        with self._lock:
            self._desk.clock.advance(timedelta(seconds=1))
            return self._desk.market.show(
                symbol=symbol, price=next(self._closes), at=self._desk.clock.now()
            )


def storm(tick: Tick, position_id: str, *, each: int) -> list[TickResult]:
    """Tick `each` times in every thread, all of which begin together."""
    begin = threading.Barrier(THREADS)

    def ticks() -> list[TickResult]:
        begin.wait(PATIENCE_SECONDS)
        return [answer(tick, position_id) for _ in range(each)]

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        threads = [pool.submit(ticks) for _ in range(THREADS)]
        return [result for thread in threads for result in thread.result()]


def answer(tick: Tick, position_id: str) -> TickResult:
    """Tick, and again after a machine too busy to give this thread the lock in time."""
    for _ in range(RETRIES_MAX):
        with suppress(UnavailableError):
            result = tick.tick(position_id=position_id)
            assert isinstance(result, TickResult)
            return result
    raise AssertionError("the lock never came")


def kept_of(answered: DecisionRecord) -> tuple[object, ...]:
    """Return what later equal refusals leave as it is."""
    return (answered.number, answered.at, answered.outcome, answered.before, answered.after)


class TestThirtyTwoThreadsOnOnePosition:
    @pytest.fixture
    def yahoo(self, desk: Desk, tmp_path: Path) -> Iterator[YahooMarket]:
        with YahooReplay() as server:
            # 50 trades, none older than a minute and none from the future.
            start = NOW - timedelta(seconds=50)
            server.walk(SYMBOL, prices=ko_closes()[:50], start=start, step=timedelta(seconds=1))
            yield yahoo_market(
                base_url=server.base_url,
                cache_dir=tmp_path,
                clock=desk.clock,
                calendar=desk.calendar,
                timeout_seconds=PATIENCE_SECONDS,
            )

    @pytest.mark.parametrize("kind", ["walking", "yahoo"])
    def test_leave_a_gapless_balanced_book_in_which_every_answer_is_found(
        self, desk: Desk, yahoo: YahooMarket, kind: str
    ) -> None:
        market: Market = yahoo if kind == "yahoo" else WalkingMarket(desk)
        position_id = desk.run(strategy=EAGER, anchor=None)
        results = storm(desk.ticking(market=market), position_id, each=5)

        assert desk.findings(position_id) == ()
        assert len(results) == THREADS * 5
        decisions = desk.decisions(position_id)
        assert [d.number for d in decisions] == list(range(len(decisions), 0, -1))
        assert sum(d.checks for d in decisions) == len(results)
        kept = {d.number: kept_of(d) for d in decisions}
        assert all(kept[r.decision.number] == kept_of(r.decision) for r in results)
        trades = desk.read.trades(position_id=position_id, limit=EVERYTHING, cursor=None).items
        assert set(trades) == {r.trade for r in results if r.trade is not None}
        assert len(trades) >= 3  # how many prices a thread meets depends on the machine
        orders = desk.read.orders(position_id=position_id, limit=EVERYTHING, cursor=None).items
        assert {o.id for o in orders} == {t.order_id for t in trades}
        events = [event.number for event in desk.events(position_id)]
        assert events == list(range(len(events), 0, -1))

    def test_on_one_trade_of_the_market_act_once(self, desk: Desk) -> None:
        position_id = desk.run()
        desk.show("63")
        results = storm(desk.ticking(), position_id, each=2)
        assert [r.decision.number for r in results if r.trade is not None] == [1]
        assert desk.record(position_id).trades == 1
        kinds = [(d.outcome["kind"], d.checks) for d in desk.decisions(position_id)]
        assert kinds == [("refused", THREADS * 2 - 1), ("proposed", 1)]
        assert desk.findings(position_id) == ()


class TestALockedPosition:
    def test_makes_its_own_ticks_wait_and_no_others(self, desk: Desk) -> None:
        locked, free = desk.run(), desk.run()
        desk.show("63")
        with ThreadPoolExecutor(max_workers=1) as pool:
            with desk.store.book() as book:
                book.lock_position(position_id=locked)
                waiting = pool.submit(desk.ticking().tick, position_id=locked)
                assert desk.tick(free).trade is not None
                with pytest.raises(FutureTimeoutError):
                    waiting.result(timeout=0.3)
            result = waiting.result(PATIENCE_SECONDS)
        assert isinstance(result, TickResult)
        assert result.trade is not None

    def test_reads_as_it_was_committed(self, desk: Desk) -> None:
        position_id = desk.run()
        with desk.store.book() as book:
            book.lock_position(position_id=position_id)
            assert desk.record(position_id).state.symbol == SYMBOL
