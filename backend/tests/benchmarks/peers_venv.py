"""The other engines: a venv that lasts as long as the benchmark, and a process for each."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).parent


def make_venv(folder: Path) -> Path:
    """Return the interpreter of a new venv with the locked engines."""
    python = folder / "bin" / "python"
    uv = (sys.executable, "-m", "uv")
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    install = ("pip", "install", "--quiet", "--require-hashes", "--python", str(python))
    subprocess.run([*uv, *install, "-r", str(HERE / "requirements.txt")], check=True)
    return python


class Peer:
    """One engine over one file of prices, ready to run again and again."""

    def __init__(self, *, python: Path, engine: str, prices: Path) -> None:
        script = HERE / "peers" / f"run_{engine}.py"
        self._process = subprocess.Popen(
            [str(python), "-W", "ignore", str(script), str(prices)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def run(self) -> tuple[float, str]:
        """Return how many seconds one run took, and what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["seconds"], f"{answer['trades']} trades, {answer['equity']:,.2f} USD"
