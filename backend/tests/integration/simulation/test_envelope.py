"""The envelope's compiled beam against every choice of ways, on recorded bars."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.simulation.account import Account, open_session
from app.simulation.bars import Adjustment, Bars
from app.simulation.envelope import Envelope, envelope_body, envelope_of
from app.simulation.market import Tape
from app.simulation.prepared import prepare
from app.simulation.replay import Replay, replay
from app.simulation.request import parse_request
from app.simulation.run import SimulationRequest
from app.simulation.touch import candle_of, walk
from tests.integration.simulation.drawn import drawn_request
from tests.integration.simulation.recorded import BUNDLED, read_daily, shared
from tests.integration.simulation.test_against_reference import (
    bundled,
    reference_opening,
    reference_strategy,
)
from tests.reference.envelope import brute_force_envelope
from tests.unit.simulation.runs import unheard

MOST_BARS = 12
PATHS = ("pessimistic", "optimistic", "olhc", "ohlc")
NARROW = {"trigger": {"up": "0.01", "down": "0.01"}, "costs": {"slippage_bps": "5"}}
HELD = {"cash": "5000", "shares": "100"}


@pytest.fixture(scope="module")
def code_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("code")


def touched(bars: Bars, body: dict[str, Any]) -> tuple[Replay, SimulationRequest]:
    request = parse_request(body)
    run = replay(bars=bars, request=request, source="dataset:test", on_progress=unheard)
    return run, request


def envelope(bars: Bars, body: dict[str, Any], code_folder: Path) -> Envelope:
    run, request = touched(bars, body)
    return envelope_of(
        run=run,
        prepared=prepare(bars),
        request=request,
        code_folder=code_folder,
        on_progress=unheard,
    )


def every_way(bars: Bars, body: dict[str, Any]) -> tuple[int, int]:
    """Return the least and the most equity over all ways, each decided by `step`."""
    run, request = touched(bars, body)
    strategy = request.strategy
    tape = Tape(bars=bars, strategy=strategy, source="dataset:test")
    accounts = [Account(position=run.opening, owed={})]
    for session in run.sessions:
        price = bars.opens[session.bars[0]]
        accounts = [
            open_session(
                account,
                session=session,
                strategy=strategy,
                cash_rate=request.cash_rate,
                price=price,
            )[0]
            for account in accounts
        ]
        for index in session.bars:
            reached: dict[object, Account] = {}
            for account in accounts:
                ways = walk(
                    account.position,
                    candle=candle_of(bars, index),
                    at_open=tape.at_open(index, session),
                    inside=tape.inside(index, session),
                )
                for way in (ways.olhc, ways.ohlc):
                    position = ways.after(way)
                    key = (position, tuple(account.owed.items()))
                    reached[key] = Account(position=position, owed=account.owed)
            accounts = list(reached.values())
    finals = [account.position.value_at(bars.closes[run.window[-1]]) for account in accounts]
    return min(finals), max(finals)


def request_of(bars: Bars, first: int, count: int, **changes: object) -> dict[str, Any]:
    return {
        "start": bars.session(first).isoformat(),
        "end": bars.session(first + count - 1).isoformat(),
        "opening": HELD,
        "strategy": NARROW,
        "execution": {"model": "touch"},
        **changes,
    }


class TestEnvelope:
    @pytest.mark.parametrize("path", PATHS)
    def test_is_that_of_every_way_on_few_bars(self, path: str, code_folder: Path) -> None:
        bars = read_daily(BUNDLED / "MSFT.csv", Adjustment.SPLIT)
        first = bars.sessions.index(date(2020, 3, 9).toordinal())
        body = request_of(bars, first, MOST_BARS, execution={"model": "touch", "path": path})
        found = envelope(bars, body, code_folder)
        run, _ = touched(bars, body)
        assert (found.worst, found.best) == every_way(bars, body)
        assert found.worst < found.model < found.best
        assert found.model == run.positions[-1].value_at(bars.closes[run.window[-1]])

    def test_is_that_of_every_way_of_any_strategy(self, code_folder: Path) -> None:
        both = [read_daily(BUNDLED / f"{name}.csv", Adjustment.SPLIT) for name in ("KO", "MSFT")]
        wide = 0
        for seed in range(60):
            random = Random(seed)
            bars = random.choice(both)
            first = random.randrange(len(bars) - 500)
            body = drawn_request(random, bars, first)
            body["end"] = bars.session(first + MOST_BARS - 1).isoformat()
            body["execution"] = {"model": "touch", "path": random.choice(PATHS)}
            found = envelope(bars, body, code_folder)
            assert (found.worst, found.best) == every_way(bars, body), seed
            wide += found.worst < found.best
        assert wide > 20

    def test_agrees_with_the_reference(self, code_folder: Path) -> None:
        bars, reference = bundled("MSFT", start=date(2020, 3, 9), end=date(2020, 3, 17))
        first = bars.sessions.index(date(2020, 3, 9).toordinal())
        body = request_of(bars, first, len(reference))
        found = envelope(bars, body, code_folder)
        expected = brute_force_envelope(
            bars=reference,
            opening=reference_opening(HELD),
            strategy=reference_strategy(NARROW),
        )
        assert abs(Fraction(found.worst, 10**10) - expected.worst) < Fraction(1, 100)
        assert abs(Fraction(found.best, 10**10) - expected.best) < Fraction(1, 100)

    def test_holds_the_run_of_every_path_over_years(self, code_folder: Path) -> None:
        bars = read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)
        first = bars.sessions.index(date(2010, 1, 4).toordinal())
        found = {
            path: envelope(
                bars,
                request_of(
                    bars, first, 2769, execution={"model": "touch", "path": path}, strategy={}
                ),
                code_folder,
            )
            for path in PATHS
        }
        least = min(one.worst for one in found.values())
        most = max(one.best for one in found.values())
        assert all(least <= one.model <= most for one in found.values())
        assert {(one.worst, one.best) for one in found.values()} == {(least, most)}
        assert envelope_body(found["pessimistic"]) == {
            "worst": "11849.758675",
            "model": "12108.53729",
            "best": "12656.063811",
        }

    def test_passes_splits_and_dividends(self, code_folder: Path) -> None:
        bars = read_daily(shared("daily_raw/AAPL.csv"), Adjustment.RAW)
        first = bars.sessions.index(date(2014, 6, 2).toordinal())
        body = request_of(bars, first, MOST_BARS, cash_rate="0.02")
        found = envelope(bars, body, code_folder)
        assert (found.worst, found.best) == every_way(bars, body)

    def test_is_a_point_where_no_order_arises(self, code_folder: Path) -> None:
        bars = read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)
        strategy = {"orders": {"min_notional": "1000000"}}
        found = envelope(bars, request_of(bars, 0, 250, strategy=strategy), code_folder)
        assert found.worst == found.model == found.best

    def test_reports_its_progress(self, code_folder: Path) -> None:
        bars = read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)
        run, request = touched(bars, request_of(bars, 0, 3000, strategy={}))
        heard: list[tuple[int, int]] = []
        envelope_of(
            run=run,
            prepared=prepare(bars),
            request=request,
            code_folder=code_folder,
            on_progress=lambda done, total: heard.append((done, total)),
        )
        assert heard == [(0, 3000), (2000, 3000), (3000, 3000)]
