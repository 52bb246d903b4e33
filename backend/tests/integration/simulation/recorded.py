"""The bundled prices as the product reads them, and the folder of prices that are not bundled."""

from pathlib import Path

import pytest

from app.adapters.market.csv import read_csv
from app.simulation.bars import Adjustment, Bars, Resolution

BACKEND = Path(__file__).parents[3]
BUNDLED = BACKEND / "data"
SHARED = BACKEND.parent.parent / "shared" / "data"


def read_daily(path: Path, adjustment: Adjustment) -> Bars:
    """Return the bars of a daily price file whose name is the symbol."""
    return read_csv(
        path.read_bytes(),
        symbol=path.stem,
        resolution=Resolution.DAY,
        adjustment=adjustment,
        timezone="America/New_York",
    )


def shared(name: str) -> Path:
    """Return the path of a file that may not be bundled; skip the test where it is absent."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not bundled and there is no folder ../shared")
    return path
