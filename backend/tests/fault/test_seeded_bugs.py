"""The harness catches every bug that is seeded on purpose, and nothing in the code as it is."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.adapters.embedded.services import stop_services
from tests.fault import bugs_of_books, bugs_of_orders, bugs_of_rights, bugs_of_the_wire
from tests.fault.bug import Bug

BACKEND = Path(__file__).parents[2]
BUGS = (*bugs_of_orders.BUGS, *bugs_of_the_wire.BUGS, *bugs_of_books.BUGS, *bugs_of_rights.BUGS)
BUGS_MIN = 25
SECONDS_MAX = 600
# A test that notices a bug says so itself, or an invariant of the product or the database does.
NOTICED = (
    "assert ",
    "AssertionError",
    "Failed: DID NOT RAISE",
    "app.domain.errors.ConflictError",
    "sqlalchemy.exc.IntegrityError",
)
each_bug = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of pytest: its exit code, how many tests ran, and with what words they failed."""

    code: int
    tests: int
    failures: tuple[str, ...]
    output: str


class Workshop:
    """A copy of the backend in which tests run, on services of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._backend = folder / "backend"
        caches = shutil.ignore_patterns(".*_cache")
        shutil.copytree(BACKEND, self._backend, ignore=caches)

    def seed(self, bug: Bug) -> None:
        """Put the bug into the copy."""
        file = self._backend / bug.file
        file.write_text(bug.seeded(file.read_text()))

    def run(self, *nodes: str) -> Run:
        """Run tests of the copy until the first one fails."""
        report, state = self._folder / "report.xml", self._folder / "services"
        command = (sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", *nodes)
        options = ("-p", "no:cacheprovider", f"--junitxml={report}")
        try:
            ended = subprocess.run(
                [*command, *options],
                cwd=self._backend,
                env=os.environ | {"VB_TEST_STATE": str(state)},
                capture_output=True,
                text=True,
                timeout=SECONDS_MAX,
                check=False,
            )
        finally:
            stop_services(state=state)
        return _read(report, ended)


def _read(report: Path, ended: subprocess.CompletedProcess[str]) -> Run:
    assert report.exists(), ended.stdout + ended.stderr
    cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    failures = [case.find("failure") for case in cases]
    return Run(
        code=ended.returncode,
        tests=len(cases),
        failures=tuple(each.get("message", "") for each in failures if each is not None),
        output=ended.stdout,
    )


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    folder = Path(tempfile.mkdtemp(prefix="vb-bug-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another account, which has to pass
    yield Workshop(folder)
    shutil.rmtree(folder)


def assert_noticed(run: Run) -> None:
    """Assert that tests ran and one of them failed for the bug, not for how it was seeded."""
    assert run.failures, f"Nothing noticed the bug (exit code {run.code}).\n{run.output}"
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output
    assert all(words.startswith(NOTICED) for words in run.failures), run.failures


class TestTheList:
    def test_is_long_enough_and_names_each_bug_once(self) -> None:
        assert len({bug.name for bug in BUGS}) == len(BUGS) >= BUGS_MIN

    @each_bug
    def test_is_of_the_code_as_it_is(self, bug: Bug) -> None:
        source = (BACKEND / bug.file).read_text()
        assert bug.seeded(source) != source
        if bug.file.endswith(".py"):
            compile(bug.seeded(source), bug.file, "exec")
        path, *names = bug.caught_by.split("::")
        tests = (BACKEND / path).read_text()
        assert all(f"class {name}:" in tests or f"def {name}(" in tests for name in names)


@pytest.mark.long
class TestTheHarness:
    def test_finds_nothing_in_the_code_as_it_is(self, workshop: Workshop) -> None:
        run = workshop.run(*sorted({bug.caught_by for bug in BUGS}))
        assert (run.code, run.failures) == (pytest.ExitCode.OK, ()), run.output
        assert run.tests >= len({bug.caught_by for bug in BUGS})

    @each_bug
    def test_catches(self, workshop: Workshop, bug: Bug) -> None:
        workshop.seed(bug)
        assert_noticed(workshop.run(bug.caught_by))
