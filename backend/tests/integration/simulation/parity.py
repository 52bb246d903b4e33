"""The compiled run and the replay of one request, compared on every bar and trade."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from app.adapters.market.csv import read_csv
from app.domain import rules
from app.domain.units import money_text, price_text, ratio_text, shares_text
from app.simulation import kernel
from app.simulation import kernel_layout as at
from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.kernel import Course
from app.simulation.kernel_records import replay_of, tally
from app.simulation.prepared import PreparedBars
from app.simulation.replay import Replay, replay
from app.simulation.request import parse_request
from app.simulation.run import TouchPath
from tests.integration.simulation.columns import compare_columns
from tests.integration.simulation.drawn import WINDOW, drawn_request
from tests.integration.simulation.recorded import shared
from tests.unit.simulation.runs import unheard

type Execution = Mapping[str, str]

MODELS: tuple[Execution, ...] = (
    {"model": "close"},
    {"model": "next_open"},
    *({"model": "touch", "path": path.value} for path in TouchPath),
)
SOURCE = "dataset:test"
ROUND_PERCENT = (1, 2, 3, 4, 5, 10)


def compare(
    prepared: PreparedBars, body: dict[str, Any], code_folder: Path, random: Random
) -> tuple[Course, Replay]:
    """Compare everything that a run decides, books and keeps; return both runs."""
    request = parse_request(body)
    run = replay(bars=prepared.bars, request=request, source=SOURCE, on_progress=unheard)
    course, full = (
        kernel.run(prepared=prepared, request=request, code_folder=code_folder, by_blocks=by_blocks)
        for by_blocks in (True, False)
    )
    assert np.array_equal(course.rows, full.rows)
    assert np.array_equal(course.codes, full.codes)
    assert course.window == run.window
    assert course.equity.tolist() == [
        position.value_at(prepared.bars.closes[bar])
        for bar, position in zip(run.window, run.positions, strict=True)
    ]
    _compare_positions(course, run)
    compare_columns(course, run, code_folder)
    _compare_records(course, run, random)
    return course, run


def _compare_positions(course: Course, run: Replay) -> None:
    held = course.rows_after(np.array(course.window))[:, at.SHARES : at.ORDERS_TODAY + 1]
    assert held.tolist() == [
        [p.shares, p.cash, p.receivable, p.anchor or at.NO_ANCHOR, p.orders_today]
        for p in run.positions
    ]


def _compare_records(course: Course, run: Replay, random: Random) -> None:
    """Compare what is read back: decisions at any few bars and at those with something to say."""
    read = replay_of(course, source=SOURCE)
    assert (read.window, read.sessions, read.opened) == (run.window, run.sessions, run.opened)
    assert read.moves == run.moves
    assert read.unfilled == run.unfilled
    assert (len(read.records), len(read.positions)) == (len(run.records), len(run.positions))
    assert tally(course) == Counter(record.decision.reason for record in run.records)
    notable = np.flatnonzero(course.codes).tolist()
    for index in {
        *random.sample(range(len(run.records)), min(len(run.records), 5)),
        *random.sample(notable, min(len(notable), 10)),
        len(run.records) - 1,
    }:
        assert read.records[index] == run.records[index]
    for index in random.sample(range(len(run.positions)), min(len(run.positions), 20)):
        assert read.positions[index] == run.positions[index]


def drawn_body(
    random: Random, prepared: PreparedBars, *, execution: Execution, tied: bool
) -> dict[str, Any]:
    """Return a request over a part of the bars, half of the time one with a split where there is.

    `tied` opens where the first price is exactly on a round trigger, or a tick beside it.
    """
    bars = prepared.bars
    first = random.randrange(len(bars) - WINDOW)
    if bars.splits and random.random() < 0.5:
        split = bars.sessions.index(random.choice(bars.splits).ex_date.toordinal())
        first = min(max(split - random.randrange(1, WINDOW), 0), len(bars) - WINDOW)
    body = _cheaper(random, drawn_request(random, bars, first))
    if tied:
        body = _tied(random, bars, bars.opens if execution["model"] == "touch" else bars.closes)
    return body | {"execution": dict(execution)}


def _tied(random: Random, bars: Bars, prices: Sequence[int]) -> dict[str, Any]:
    percent, sells = random.choice(ROUND_PERCENT), random.random() < 0.5
    scale = 100 + percent if sells else 100 - percent
    on_trigger = [bar for bar in range(len(bars) - WINDOW) if prices[bar] % scale == 0]
    first = random.choice(on_trigger)
    price = prices[first]
    anchor = price * 100 // scale + random.choice([0, 0, 0, 0, 1, -1])
    body = _cheaper(random, drawn_request(random, bars, first))
    body["strategy"]["trigger"] = dict.fromkeys(("up", "down"), ratio_text(percent * 10_000))
    body["strategy"]["costs"]["slippage_bps"] = "0"
    shares = random.randrange(1, 10**10)
    body["opening"] = {
        "cash": money_text(shares * price // 10**4),
        "shares": shares_text(shares),
        "anchor_price": price_text(anchor),
    }
    return body


def _cheaper(random: Random, body: dict[str, Any]) -> dict[str, Any]:
    """Return the request with a commission per share below a tenth of every price."""
    body["strategy"]["costs"]["commission_per_share"] = random.choice(["0", "0", "0.005", "0.01"])
    return body


def read_intraday(name: str, resolution: Resolution) -> Bars:
    """Return recorded bars whose New York times are called `datetime`; skip where absent."""
    path = shared(name)
    return read_csv(
        path.read_bytes().replace(b"datetime", b"timestamp", 1),
        symbol=path.stem,
        resolution=resolution,
        adjustment=Adjustment.SPLIT,
        timezone="America/New_York",
    )


def read_minutes(symbol: str, days: Sequence[str]) -> Bars:
    """Return recorded minutes from 04:00 to 20:00 as traded; skip where absent."""
    files = [shared(f"intraday_1m_lean/{symbol}/{day}_trade.csv") for day in days]
    lines = [file.read_bytes().splitlines() for file in files]
    header = lines[0][0].replace(b"time_et", b"timestamp")
    return read_csv(
        b"\n".join((header, *(row for _, *rows in lines for row in rows))),
        symbol=symbol,
        resolution=Resolution.MINUTE,
        adjustment=Adjustment.RAW,
        timezone="America/New_York",
    )


def exact_hits(course: Course) -> int:
    """Return how many orders were called for exactly on the trigger price."""
    strategy = course.request.strategy
    hits = 0
    for before, row in zip(course.rows, course.rows[1:], strict=False):
        anchor = int(before[at.ANCHOR])
        if row[at.CODE] % at.SELLS == at.BY_TRIGGER and not before[at.WAITING]:
            on_sell = rules.sell_at(anchor, strategy.up)
            hits += row[at.ASKED] in (on_sell, rules.buy_at(anchor, strategy.down))
    return hits
