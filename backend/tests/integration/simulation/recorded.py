"""The bundled prices as the product reads them, and the folder of prices that are not bundled."""

from pathlib import Path

import pytest

from app.adapters.market.csv import read_csv
from app.simulation import kernel
from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.kernel_records import replay_of
from app.simulation.prepared import prepare
from app.simulation.replay import Replay
from app.simulation.run import SimulationRequest

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


def read_intraday(
    *paths: Path,
    symbol: str,
    adjustment: Adjustment,
    resolution: Resolution = Resolution.MINUTE,
) -> Bars:
    """Return the bars of files that follow one another, whose first column is a New York time."""
    texts = [path.read_text(encoding="utf-8") for path in paths]
    columns = texts[0].split("\n", 1)[0].split(",")[1:]
    header = ",".join(("timestamp", *columns))
    rows = (text.split("\n", 1)[1].rstrip("\n") for text in texts)
    return read_csv(
        "\n".join((header, *rows)).encode(),
        symbol=symbol,
        resolution=resolution,
        adjustment=adjustment,
        timezone="America/New_York",
    )


def shared(name: str) -> Path:
    """Return the path of a file that may not be bundled; skip the test where it is absent."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not bundled and there is no folder ../shared")
    return path


def shared_files(folder: str, pattern: str) -> list[Path]:
    """Return files of a folder that may not be bundled, by name; skip the test without them."""
    paths = sorted((SHARED / folder).glob(pattern))
    if not paths:
        pytest.skip(f"{folder} is not bundled and there is no folder ../shared")
    return paths


def read_adjusted_table(path: Path) -> Bars:
    """Return the bars of a recorded table of split-adjusted prices; its name is the symbol."""
    header, rows = path.read_text(encoding="utf-8").split("\n", 1)
    header = header.replace("close_splitadj", "close").replace("_splitadj_derived", "")
    columns = header.split(",")
    left_out = columns.index("adj_close")
    lines = [columns, *(row.split(",") for row in rows.splitlines())]
    kept = (",".join(cell for n, cell in enumerate(line) if n != left_out) for line in lines)
    return read_csv(
        "\n".join(kept).encode(),
        symbol=path.stem,
        resolution=Resolution.DAY,
        adjustment=Adjustment.SPLIT,
        timezone="America/New_York",
    )


def compiled_replay(bars: Bars, request: SimulationRequest, code_folder: Path) -> Replay:
    """Return a run of the kernel, which decides like `step`, read back as `replay` has it."""
    course = kernel.run(prepared=prepare(bars), request=request, code_folder=code_folder)
    return replay_of(course, source="dataset:test")
