"""A computed run beside the same run by `step`: result, series, digest and what is stored."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.errors import DomainError
from app.domain.units import money_text, price_text, shares_text, value_text
from app.simulation import kernel
from app.simulation import kernel_layout as at
from app.simulation.bars import Adjustment, Bars, content_digest
from app.simulation.by_step import by_step
from app.simulation.kernel import Course
from app.simulation.kernel_records import replay_of
from app.simulation.market import moment
from app.simulation.prepared import prepare
from app.simulation.proof import prove
from app.simulation.replay import Replay, replay
from app.simulation.request import parse_request
from app.simulation.run import SimulationRequest
from app.simulation.series import decision_items, equity_items, rolling_items, trade_items
from app.simulation.simulate import result_of, simulate
from app.simulation.stored_course import StoredCourse, restored, stored
from tests.integration.simulation.recorded import BUNDLED, read_daily, shared
from tests.unit.simulation.runs import unheard

DIGEST = "d" * 64
SOURCE = f"dataset:{DIGEST[:16]}"
OPENING = {"cash": "5000", "shares": "100"}
EXECUTIONS: list[dict[str, str]] = [
    {"model": "close"},
    {"model": "next_open"},
    {"model": "touch", "path": "pessimistic"},
]
# Busy, so that orders are refused, wait over splits and meet in one bar.
BUSY: dict[str, Any] = {
    "trigger": {"up": "0.02", "down": "0.02"},
    "orders": {"min_notional": "50", "max_per_day": 2},
    "costs": {"slippage_bps": "5", "commission_min": "1"},
}


# Around the split 7 for 1 of Apple, and that 2 for 1 in which the prices of Coca-Cola are stated.
AROUND_A_SPLIT = {"KO": ("2012-01-03", "2013-12-31"), "AAPL": ("2014-01-02", "2015-12-31")}


def whole(bars: Bars) -> tuple[str, str]:
    return bars.session(0).isoformat(), bars.session(len(bars) - 1).isoformat()


def ko() -> Bars:
    return read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)


def aapl() -> Bars:
    return read_daily(shared("daily_raw/AAPL.csv"), Adjustment.RAW)


def requested(
    bars: Bars, execution: dict[str, str], dates: tuple[str, str], **changes: Any
) -> SimulationRequest:
    body = {
        "start": dates[0],
        "end": dates[1],
        "opening": OPENING,
        "strategy": BUSY,
        "execution": execution,
        "cash_rate": "0.02",
    }
    return parse_request(body | changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """One request computed twice: by compiled rules and by `step`."""

    bars: Bars
    request: SimulationRequest
    result: dict[str, object]
    course: Course
    stored: StoredCourse
    replay: Replay

    @property
    def compiled(self) -> Replay:
        return replay_of(self.course, source=SOURCE)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            (read, execution, long),
            id=f"{read.__name__}-{execution['model']}{'-all' * long}",
            marks=[pytest.mark.long] * long,
        )
        for read in (ko, aapl)
        for execution in EXECUTIONS
        for long in (False, True)
    ],
)
def both(request: pytest.FixtureRequest, code_folder: Path) -> Both:
    read, execution, long = request.param
    bars: Bars = read()
    wanted = requested(bars, execution, whole(bars) if long else AROUND_A_SPLIT[bars.symbol])
    result, columns = simulate(
        bars=bars,
        request=wanted,
        dataset_digest=DIGEST,
        code_folder=code_folder,
        on_progress=unheard,
    )
    return Both(
        bars=bars,
        request=wanted,
        result=result,
        course=restored(columns, prepared=prepare(bars), request=wanted),
        stored=columns,
        replay=replay(bars=bars, request=wanted, source=SOURCE, on_progress=unheard),
    )


def points(run: Replay, bars: Bars) -> Iterator[dict[str, str]]:
    """Yield the points of the curve of a run by `step`."""
    for index, position in zip(run.window, run.positions, strict=True):
        yield {
            "at": moment(bars.ends[index]).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "price": price_text(bars.closes[index]),
            "equity": value_text(position.value_at(bars.closes[index])),
            "cash": money_text(position.cash),
            "shares": shares_text(position.shares),
            "receivable": money_text(position.receivable),
        }


class TestARun:
    def test_has_the_result_of_step(self, both: Both) -> None:
        run = both.replay
        expected = result_of(
            run=run,
            equity=[
                position.value_at(both.bars.closes[index])
                for index, position in zip(run.window, run.positions, strict=True)
            ],
            tally=Counter(record.decision.reason for record in run.records),
            envelope=None,
            bars=both.bars,
            request=both.request,
            dataset_digest=DIGEST,
        )
        assert len(run.trades) > 50
        ways = {"envelope", "undefined"}
        for name in expected.keys() - ways:
            assert both.result[name] == expected[name], name
        undefined = [dict(result["undefined"]) for result in (both.result, expected)]  # type: ignore[call-overload]
        for reasons in undefined:
            reasons.pop("envelope", None)
        assert undefined[0] == undefined[1]

    def test_has_the_series_of_step(self, both: Both) -> None:
        compiled, run, bars = both.compiled, both.replay, both.bars
        for ours, theirs in (
            (trade_items(run=compiled), trade_items(run=run)),
            (decision_items(run=compiled), decision_items(run=run)),
            (equity_items(course=both.course), tuple(points(run, bars))),
            (rolling_items(run=compiled, bars=bars), rolling_items(run=run, bars=bars)),
        ):
            assert len(ours) == len(theirs)
            assert all(one == other for one, other in zip(ours, theirs, strict=True))

    def test_is_verified_by_step(self, both: Both) -> None:
        verified = by_step(
            bars=both.bars,
            request=both.request,
            dataset_digest=DIGEST,
            source=SOURCE,
            on_progress=unheard,
        )
        assert verified.digest == both.result["digest"]
        assert verified.counts == both.result["counts"]

    def test_is_the_same_once_it_was_stored(self, both: Both, code_folder: Path) -> None:
        course = kernel.run(
            prepared=both.course.prepared, request=both.request, code_folder=code_folder
        )
        again = stored(course)
        assert np.array_equal(again.rows, both.stored.rows)
        assert np.array_equal(again.codes, both.stored.codes)
        assert np.array_equal(course.equity, both.course.equity)
        assert (course.window, course.opening) == (both.course.window, both.course.opening)

    def test_is_proved_by_its_first_and_last_trades(self, both: Both) -> None:
        prove(course=both.course, run=both.compiled, source=SOURCE)

    @pytest.mark.parametrize("column", [at.QUANTITY, at.PRICE, at.COMMISSION, at.CASH, at.ANCHOR])
    @pytest.mark.parametrize("place", [0, -1])
    def test_is_refused_when_a_trade_is_not_that_of_step(
        self, both: Both, column: int, place: int
    ) -> None:
        rows = both.course.rows.copy()
        rows[both.course.traded[place], column] += 1
        course = replace(both.course, rows=rows)
        with pytest.raises(DomainError, match="fault of the program"):
            prove(course=course, run=replay_of(course, source=SOURCE), source=SOURCE)


class TestTheDigest:
    def test_is_that_of_years_ago(self, code_folder: Path) -> None:
        """Guards what a digest covers: a change here changes the digest of every stored run."""
        bars = ko()
        dates = ("2010-01-04", "2020-12-31")
        result, _ = simulate(
            bars=bars,
            request=requested(bars, {"model": "close"}, dates, strategy={}, cash_rate="0"),
            dataset_digest=content_digest(bars),
            code_folder=code_folder,
            on_progress=unheard,
        )
        assert str(result["digest"]).startswith("898a095fa61b")
