"""The curve of a run that is still computed."""

from decimal import Decimal

import numpy as np

from app.simulation.progress import partial_curve
from tests.unit.simulation.runs import daily


class TestPartialCurve:
    def test_writes_every_point_of_a_short_one(self) -> None:
        bars = daily("100", "101", "102")
        equity = np.array([20_000 * 10**10, 202_999_014_540_000], np.int64)
        assert partial_curve(bars=bars, window=range(1, 3), equity=equity) == (
            {"at": "2024-01-03T21:00:00Z", "equity": "20000"},
            {"at": "2024-01-04T21:00:00Z", "equity": "20299.901454"},
        )

    def test_has_500_points_at_most_and_every_extreme(self) -> None:
        bars = daily(*["100"] * 2000)
        equity = np.full(2000, 10**14)
        equity[[777, 1234]] = 5 * 10**13, 3 * 10**14
        shown = partial_curve(bars=bars, window=range(2000), equity=equity)
        values = [Decimal(point["equity"]) for point in shown]
        assert len(shown) <= 500
        assert [min(values), max(values)] == [Decimal(5000), Decimal(30_000)]
