"""The digest of a result: equal for equal requests on equal data, on any machine."""

import hashlib

from app.domain import rules
from app.domain.events import canonical_json
from app.simulation.bars import Bars
from app.simulation.replay import Replay, Trade
from app.simulation.request import request_body
from app.simulation.run import SimulationRequest


def result_digest(
    *, dataset_digest: str, request: SimulationRequest, run: Replay, bars: Bars
) -> str:
    """Return the sha256 in hex of dataset, canonical request, rules, trades and equity curve.

    Source
    ------
    Simulation, "Reproducibility".
    """
    body = {
        "dataset": dataset_digest,
        "request": request_body(request),
        "rules_version": rules.RULES_VERSION,
        "trades": [_trade(trade) for trade in run.trades],
        "equity": [
            [bars.ends[index], position.value_at(bars.closes[index])]
            for index, position in zip(run.window, run.positions, strict=True)
        ],
    }
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def _trade(trade: Trade) -> list[object]:
    fill, position = trade.fill, trade.position
    return [
        int(trade.at.timestamp()),
        trade.reason.value,
        fill.side.value,
        fill.quantity,
        fill.price,
        fill.commission,
        position.cash,
        position.shares,
    ]
