"""The exchange calendar in a file: read when it is exactly what this code would write."""

import hashlib
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.kept_file import keep, read_kept
from app.adapters.market.schedule import Hours

START, END = date(2024, 1, 2), date(2024, 12, 31)
NOON = datetime(2024, 7, 3, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the text of a file that was kept."""
    file = tmp_path_factory.mktemp("whole") / "calendar.json"
    assert sessions(file) == 252
    return file.read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "calendar.json"


def sessions(file: Path) -> int:
    calendar = ExchangeCalendar(start=START, end=END, file=file)
    return len(calendar.sessions(start=START, end=END))


def changed(whole: str, **heading: object) -> str:
    """Return the file under another heading, with a digest that is right."""
    kept = json.loads(whole.partition("\n")[2])
    kept["heading"] |= heading
    text = json.dumps(kept)
    return f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


class TestAKeptCalendar:
    def test_answers_as_the_one_that_was_built(self, file: Path) -> None:
        bounds = {"start": date(1990, 1, 2), "end": date(2026, 12, 31)}
        built = ExchangeCalendar(**bounds, file=file)
        before = built.sessions(**bounds)
        read = ExchangeCalendar(**bounds, file=file)

        assert read.sessions(**bounds) == before
        assert read.early_closes(**bounds) == built.early_closes(**bounds)
        first = datetime(1990, 1, 2, 6, tzinfo=UTC)
        assert read.upcoming(at=first, count=100_000) == built.upcoming(at=first, count=100_000)
        assert read._schedule() == built._schedule()

    def test_is_for_this_account_only(self, file: Path) -> None:
        sessions(file)
        assert file.stat().st_mode & 0o777 == 0o600

    def test_is_whole_while_several_write_it_together(self, file: Path) -> None:
        bodies = [str(n) * 100_000 for n in range(10)]

        def write(body: str) -> None:
            keep(file, heading={}, body=body, meanwhile="")
            assert read_kept(file, heading={}) in bodies

        with ThreadPoolExecutor(10) as threads:
            list(threads.map(write, bodies))

        assert list(file.parent.iterdir()) == [file]

    def test_that_cannot_be_written_is_logged_and_built_each_time(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "state").write_text("a file where the folder should be")

        assert sessions(tmp_path / "state" / "calendar.json") == 252

        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert "could not be kept" in record.getMessage()


class TestAFileThatIsNotExactlyThat:
    @pytest.mark.parametrize(
        "damaged",
        [
            lambda whole: "",
            lambda whole: "\n",
            lambda whole: whole[: len(whole) // 2],
            lambda whole: whole[:-1],
            lambda whole: whole.replace("2024-07-04", "2024-07-06"),
            lambda whole: whole.replace("09:30-13:00", "09:30-16:00", 1),
            lambda whole: changed(whole, format=0),
            lambda whole: changed(whole, exchange_calendars="4.5"),
            lambda whole: changed(whole, start="1990-01-02"),
        ],
    )
    def test_is_built_anew_and_replaced(
        self, file: Path, whole: str, damaged: Callable[[str], str]
    ) -> None:
        write(file, damaged(whole))
        calendar = ExchangeCalendar(start=START, end=END, file=file)

        assert len(calendar.sessions(start=START, end=END)) == 252
        assert calendar.upcoming(at=NOON, count=1)[0].closes_at.hour == 17  # a half day
        assert file.read_text() == whole

    def test_that_is_no_text_is_built_anew(self, file: Path, whole: str) -> None:
        file.parent.mkdir()
        file.write_bytes(b"\xff\xfe\x00")

        assert sessions(file) == 252
        assert file.read_text() == whole


class TestHours:
    @pytest.mark.parametrize(("opens", "closes"), [(16, 9), (9, 9), (3, 16), (9, 21)])
    def test_lie_within_the_extended_ones(self, opens: int, closes: int) -> None:
        moment = datetime(2024, 7, 3, tzinfo=UTC)
        with pytest.raises(AssertionError):
            Hours(
                opens=moment.replace(hour=opens).time(), closes=moment.replace(hour=closes).time()
            )
