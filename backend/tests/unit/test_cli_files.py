"""The files of the command line."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.cli_files import read_strategy, write_run
from app.cli_services import CommandError
from app.domain.strategy import parse_strategy
from app.simulation.series import Items


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


class TestReadStrategy:
    @pytest.mark.parametrize(
        "text",
        [
            "trigger: {up: 0.05}\norders: {max_per_day: 2}\nguardrails: {rebalance_on_drift: no}",
            '{"trigger": {"up": 0.05}, "orders": {"max_per_day": 2},'
            ' "guardrails": {"rebalance_on_drift": false}}',
        ],
    )
    def test_reads_yaml_and_json_without_a_binary_float(self, tmp_path: Path, text: str) -> None:
        body = read_strategy(written(tmp_path / "strategy", text))
        assert body["trigger"] == {"up": "0.05"}
        strategy = parse_strategy(body)
        assert (strategy.up, strategy.max_per_day) == (50_000, 2)
        assert not strategy.rebalance_on_drift

    @pytest.mark.parametrize("text", ["0.05", "[1]", "1: {up: 0.05}", "trigger: {up: [}", ""])
    def test_explains_a_file_that_is_no_strategy(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(CommandError, match="strategy file"):
            read_strategy(written(tmp_path / "strategy", text))

    def test_explains_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            read_strategy(tmp_path / "none")


class TestWriteRun:
    SERIES: Mapping[str, Items] = {
        "equity": ({"at": "2024-01-02T21:00:00Z", "equity": "1.5"},),
        "trades": (),
        "decisions": ({"number": 1, "trims": [{"rule": "cash"}], "side": None},),
    }

    def test_writes_the_result_and_a_table_for_each_series(self, tmp_path: Path) -> None:
        folder = tmp_path / "a" / "run"
        write_run(folder, result={"digest": "d"}, series=self.SERIES)
        assert json.loads((folder / "result.json").read_text()) == {"digest": "d"}
        assert (folder / "equity.csv").read_text().splitlines() == [
            "at,equity",
            "2024-01-02T21:00:00Z,1.5",
        ]
        assert (folder / "decisions.csv").read_text().splitlines()[1] == (
            '1,"[{""rule"": ""cash""}]",'
        )
        assert (folder / "trades.csv").read_text().strip() == ""

    def test_explains_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be written"):
            write_run(written(tmp_path / "taken", ""), result={}, series={})
