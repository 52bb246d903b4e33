"""What Yahoo gave is kept: the next process asks in the same session, without yfinance."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.market.conftest import Opens
from tests.yahoo_replay import Answer, YahooReplay

BACKEND = Path(__file__).parents[3]
CRUMB = "/v1/test/getcrumb"
AT = datetime(2024, 3, 8, 20, 59, 59, tzinfo=UTC)
ASKS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from app.adapters.market.yahoo_answer import Question
from app.adapters.market.yahoo_client import YahooClient

client = YahooClient(
    base_url=sys.argv[1],
    cache_dir=Path(sys.argv[2]),
    timeout_seconds=5,
    now=lambda: datetime.now(UTC),
)
question = Question(symbol="KO", path="/v7/finance/quote", parameters={"symbols": "KO"})
with client.in_time():
    answer = client.ask(question)
print(answer.status, answer.requests, "pandas" in sys.modules)
"""


@pytest.fixture
def folder(tmp_path: Path, yahoo: YahooReplay, opens: Opens) -> Path:
    """Return the folder in which a process kept the pass that it was given."""
    yahoo.quote("KO", price="59.52", at=AT)
    opens(base_url=yahoo.base_url).observe(symbol="KO")
    return tmp_path / "yahoo"


def next_process(yahoo: YahooReplay, folder: Path) -> str:
    """Return the status, the number of requests, and whether pandas was imported."""
    done = subprocess.run(
        [sys.executable, "-c", ASKS, yahoo.base_url, str(folder)],
        cwd=BACKEND,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.strip()


class TestAKeptPass:
    def test_lets_the_next_process_ask_at_once(self, yahoo: YahooReplay, folder: Path) -> None:
        before = yahoo.requests

        assert next_process(yahoo, folder) == "200 1 False"

        [asked] = yahoo.requests[len(before) :]
        assert asked.endswith("crumb=crumb-1")

    def test_holds_the_cookies_for_this_account_only(
        self, yahoo: YahooReplay, folder: Path
    ) -> None:
        file = folder / "pass.json"
        kept = json.loads(file.read_text().partition("\n")[2])["body"]

        assert [(cookie["name"], cookie["value"]) for cookie in kept["cookies"]] == [
            ("A3", "replay")
        ]
        assert file.stat().st_mode & 0o777 == 0o600

    def test_is_renewed_when_it_is_no_longer_accepted(
        self, yahoo: YahooReplay, folder: Path
    ) -> None:
        yahoo.expire_crumb()

        # The refused question, the cookie, the crumb, and the question again.
        assert next_process(yahoo, folder) == "200 4 True"
        assert next_process(yahoo, folder) == "200 1 False"

    @pytest.mark.parametrize("status", [404, 429, 503])
    def test_is_not_doubted_for_another_refusal(
        self, yahoo: YahooReplay, folder: Path, status: int
    ) -> None:
        yahoo.script("KO", Answer(status=status, body=b""))

        assert next_process(yahoo, folder) == f"{status} 1 False"

    def test_is_for_the_host_that_gave_it(self, folder: Path) -> None:
        with YahooReplay() as other:
            other.quote("KO", price="59.52")

            assert next_process(other, folder) == "200 3 True"
            assert CRUMB in other.requests

    def test_that_is_damaged_counts_as_none(self, yahoo: YahooReplay, folder: Path) -> None:
        (folder / "pass.json").write_text("half")

        assert next_process(yahoo, folder) == "200 3 True"
        assert next_process(yahoo, folder) == "200 1 False"
