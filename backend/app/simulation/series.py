"""The series of a completed run, as on the wire."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from app.domain import rules
from app.domain.position import Position
from app.domain.record import decision_body
from app.domain.units import (
    money_text,
    price_text,
    ratio_text,
    shares_text,
    value_text,
)
from app.simulation.bars import Bars
from app.simulation.curve import closing_bars, curve_of
from app.simulation.market import moment
from app.simulation.metrics import Undefined
from app.simulation.replay import Record, Replay, Trade
from app.simulation.rolling import rolling_statistics
from app.simulation.run import RunSeries
from app.simulation.texts import amount_text, moment_text, statistic_text

type Item = Mapping[str, object]


def series_of(*, run: Replay, bars: Bars, holding: Sequence[Decimal]) -> RunSeries:
    """Return the decisions and trades, and the equities of robot and holding for every bar.

    The rolling statistics are one item for every point of the curve; each names in `undefined`
    why those of its statistics are null that are.
    """
    marks = tuple(zip(run.window, run.positions, holding, strict=True))
    return RunSeries(
        equity=tuple(_point(bars, index, position) for index, position, _ in marks),
        trades=tuple(_trade(n, trade) for n, trade in enumerate(run.trades, start=1)),
        decisions=tuple(
            _decision(n, record, run.opening.strategy_version)
            for n, record in enumerate(run.records, start=1)
        ),
        holding=tuple(
            {"at": _end(bars, index), "equity": amount_text(equity)} for index, _, equity in marks
        ),
        rolling=tuple(_rolling(run, bars)),
    )


def _point(bars: Bars, index: int, position: Position) -> Item:
    price = bars.closes[index]
    return {
        "at": _end(bars, index),
        "price": price_text(price),
        "equity": value_text(position.value_at(price)),
        "cash": money_text(position.cash),
        "shares": shares_text(position.shares),
        "receivable": money_text(position.receivable),
    }


def _trade(number: int, trade: Trade) -> Item:
    fill, after = trade.fill, trade.position
    return {
        "n": number,
        "at": moment_text(trade.at),
        "side": fill.side.value,
        "quantity": shares_text(fill.quantity),
        "price": price_text(fill.price),
        "commission": money_text(fill.commission),
        "reason": trade.reason.value,
        "cash_after": money_text(after.cash),
        "shares_after": shares_text(after.shares),
        "stock_share_after": ratio_text(after.stock_share_at(trade.price) or 0),
    }


def _decision(number: int, record: Record, version: int) -> Item:
    return decision_body(record.decision) | {
        "number": number,
        "at": moment_text(record.at),
        "strategy_version": version,
        "rules_version": rules.RULES_VERSION,
    }


def _rolling(run: Replay, bars: Bars) -> Iterator[Item]:
    values = [point.equity for point in curve_of(run=run, bars=bars)]
    closes = (_end(bars, index) for index in closing_bars(run=run, bars=bars))
    moments = (moment_text(run.opened.at), *closes)
    for at, statistics in zip(moments, rolling_statistics(values), strict=True):
        item: dict[str, object] = {"at": at}
        undefined: dict[str, str] = {}
        for name, statistic in statistics.items():
            if isinstance(statistic, Undefined):
                item[name] = None
                undefined[name] = statistic.reason
            else:
                item[name] = statistic_text(statistic)
        yield item | {"undefined": undefined}


def _end(bars: Bars, index: int) -> str:
    return moment_text(moment(bars.ends[index]))
