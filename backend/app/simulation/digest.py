"""The digest of a result: equal for equal requests on equal data, on any machine."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from app.domain import rules
from app.domain.events import canonical_json
from app.simulation.replay import Trade
from app.simulation.request import request_body
from app.simulation.run import SimulationRequest

_POINTS_AT_A_TIME = 10_000  # a text of some hundred kilobytes


def result_digest(
    *,
    dataset_digest: str,
    request: SimulationRequest,
    trades: Iterable[Trade],
    ends: Sequence[int],
    equity: Sequence[int],
) -> str:
    """Return the sha256 in hex of dataset, canonical request, rules, trades and equity curve.

    `ends` are the ends of the bars in epoch seconds, `equity` the values there in 1e-10 USD. What
    is hashed is one canonical JSON text, a piece at a time.

    Source
    ------
    Simulation, "Reproducibility".
    """
    digest = hashlib.sha256(f'{{"dataset":{json.dumps(dataset_digest)},"equity":['.encode())
    for text in _listed(f"[{at},{value}]" for at, value in zip(ends, equity, strict=True)):
        digest.update(text.encode())
    stated = {"request": request_body(request), "rules_version": rules.RULES_VERSION}
    digest.update(f'],{canonical_json(stated)[1:-1]},"trades":['.encode())
    for text in _listed(json.dumps(_trade(trade), separators=(",", ":")) for trade in trades):
        digest.update(text.encode())
    digest.update(b"]}")
    return digest.hexdigest()


def _listed(texts: Iterator[str]) -> Iterator[str]:
    """Yield the members of a JSON list in pieces, with the commas between them."""
    comma = ""
    while piece := ",".join(islice(texts, _POINTS_AT_A_TIME)):
        yield comma + piece
        comma = ","


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
