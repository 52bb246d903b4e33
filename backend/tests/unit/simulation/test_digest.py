"""The text that a digest is taken of."""

import hashlib

from app.domain.events import canonical_json
from app.simulation.digest import result_digest
from app.simulation.request import request_body
from tests.unit.simulation.runs import daily, request, run

DIGEST = "d" * 64


class TestResultDigest:
    def test_is_that_of_one_canonical_text(self) -> None:
        # see the replay: 9.5675 sold at 103
        bars = daily("100", "103")
        done = run(bars)
        body = {
            "dataset": DIGEST,
            "request": request_body(request(bars)),
            "rules_version": "1",
            "trades": [
                [
                    *(bars.ends[1], "trigger", "sell", 9_567_500, 1_030_000, 98_546),
                    *(10_985_353_954, 90_432_500),
                ]
            ],
            "equity": [[bars.ends[0], 20_000 * 10**10], [bars.ends[1], 202_999_014_540_000]],
        }
        found = result_digest(
            dataset_digest=DIGEST,
            request=request(bars),
            trades=done.trades,
            ends=bars.ends,
            equity=[20_000 * 10**10, 202_999_014_540_000],
        )
        assert found == hashlib.sha256(canonical_json(body).encode()).hexdigest()

    def test_is_the_same_in_pieces(self) -> None:
        bars = daily("100")
        count = 25_000
        equity = list(range(count))
        body = {
            "dataset": DIGEST,
            "request": request_body(request(bars)),
            "rules_version": "1",
            "trades": [],
            "equity": [[value, value] for value in equity],
        }
        found = result_digest(
            dataset_digest=DIGEST,
            request=request(bars),
            trades=(),
            ends=equity,
            equity=equity,
        )
        assert found == hashlib.sha256(canonical_json(body).encode()).hexdigest()
