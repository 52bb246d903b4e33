"""House rules over every file of the project; each message names the cure."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

type Rule = Callable[[str, str], Iterator[str]]

PROJECT = Path(__file__).resolve().parents[3]

FILE_LINES_MAX = 300
# Tables of cases may run on; a test still tells one story.
TEST_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
BLOB_BYTES_MAX = 200_000
SOURCES = (".py", ".ts", ".tsx", ".css", ".js", ".sh")

# Longer than a file should be, each for a reason.
LONG_FILES = {
    "frontend/src/api/schema.gen.ts": "generated from the OpenAPI description",
    "backend/app/adapters/postgres/book_tables.py": "all tables of a book, which refer to another",
    "backend/app/services/ports.py": "everything that the use cases need, side by side",
}
LARGE_FILES = (
    "backend/data/*.csv",  # the bundled real prices
    "frontend/package-lock.json",
    "frontend/src/api/openapi.json",
    "frontend/src/api/schema.gen.ts",
    "requirements*.txt",  # hashes
)
TOP_LEVEL = frozenset(
    (
        *(".ci", ".claude", "backend", "docs", "frontend", "scripts"),
        *(".env.example", ".gitattributes", ".gitignore", ".mcp.json", ".python-version"),
        *("CHANGELOG.md", "CLAUDE.md", "LICENSE", "README.md", "docker-compose.yml", "vb"),
        *("requirements-base.in", "requirements-node.in", "requirements.in"),
        *("requirements-base.txt", "requirements-node.txt", "requirements.txt"),
    )
)
EXECUTABLES = ("vb", ".ci/run", "scripts/*")
VAGUE_NAMES = re.compile(
    r"managers?|helpers?|utils?|common|base|processors?|handlers?|unified|enhanced|v2|legacy"
)
INVENTED = re.compile(r"(?<![a-z])(mock|fake|dummy|sample)s?(?![a-z])", re.IGNORECASE)
UNTRACKED_TASK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\((ADR-\d{4}|#\d+)\))")
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org|yarnpkg\.com")
MACHINE_PATH = re.compile(r"(?<![\w.*])/(root|work|home|Users|tmp|mnt)/")


def project_files() -> list[str]:
    """Return the files that are, or would be, part of the project, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return sorted(path for path in listed if path and (PROJECT / path).is_file())


FILES = project_files()
TEXTS = {
    path: text
    for path in FILES
    if "\0" not in (text := (PROJECT / path).read_text(encoding="utf-8", errors="replace"))
}


def long_file(path: str, text: str) -> Iterator[str]:
    lines = text.count("\n")
    is_source = path.endswith(SOURCES) or path == "vb"
    is_test = path.startswith("backend/tests/") or ".test." in path
    allowed = TEST_LINES_MAX if is_test else FILE_LINES_MAX
    if is_source and lines > allowed and path not in LONG_FILES:
        yield f"{path} has {lines} lines: split its two ideas, or give a reason in LONG_FILES"


def long_function(path: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)) if path.endswith(".py") else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{path}:{node.lineno} {node.name} has {lines} lines: extract a named step"


def vague_name(path: str, text: str) -> Iterator[str]:
    # A style sheet called base, and the base_url of an API, are the field's own words.
    names = [] if path.endswith(".css") else [Path(path).name.split(".")[0]]
    if path.endswith(".py"):
        definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        names += [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, definitions)]
    for name in names if path.startswith(("backend/", "frontend/src/")) else ():
        for part in re.findall(r"base_url|[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+", name):
            if VAGUE_NAMES.fullmatch(part.lower()):
                yield f"{path}: '{part}' in {name} says nothing: name what it returns or holds"


def invented_data(path: str, text: str) -> Iterator[str]:
    if path.startswith("backend/app/"):
        for match in INVENTED.finditer(path + "\n" + text):
            yield f"{path} speaks of '{match[0]}': the product is real; fakes live in tests/fakes"


def untracked_task(path: str, text: str) -> Iterator[str]:
    if path != "backend/tests/unit/test_tidy.py" and (match := UNTRACKED_TASK.search(text)):
        yield f"{path}: do the {match[1]} now, or name its home as in {match[1]}(#12)"


def foreign_place(path: str, text: str) -> Iterator[str]:
    if match := REGISTRY.search(text):
        yield f"{path} names {match[0]}: leave the registry to the client's configuration"
    if match := MACHINE_PATH.search(text):
        yield f"{path} names {match[0]} of one machine: make it relative or a setting"


def foreign_import(path: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)) if path.startswith("backend/app/domain/") else ():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            is_known = name.split(".")[0] in sys.stdlib_module_names
            if not is_known and not name.startswith("app.domain"):
                yield f"{path} imports {name}: the domain is plain Python; pass the value in"


def unknown_top_level(paths: Iterable[str]) -> Iterator[str]:
    for name in sorted({path.split("/")[0] for path in paths} - TOP_LEVEL):
        yield f"{name!r} is not part of the layout: move it, ignore it, or add it to TOP_LEVEL"


def broken_numbering(paths: Iterable[str]) -> Iterator[str]:
    records = (re.match(r"docs/decisions/(\d{4})-[a-z0-9-]+\.md$", path) for path in paths)
    numbers = [int(match[1]) for match in records if match]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        yield f"decision records are numbered {sorted(numbers)}: renumber them without a gap"


RULES = (
    long_file, long_function, vague_name, invented_data, untracked_task, foreign_place,
    foreign_import,
)  # fmt: skip


class TestProject:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
    def test_has_no(self, rule: Rule) -> None:
        problems = [problem for path, text in TEXTS.items() for problem in rule(path, text)]
        assert not problems, "\n".join(problems)

    def test_has_only_known_top_level_names(self) -> None:
        assert list(unknown_top_level(FILES)) == []

    def test_numbers_its_decisions_without_a_gap(self) -> None:
        assert list(broken_numbering(FILES)) == []

    def test_holds_no_large_file_but_the_named_ones(self) -> None:
        assert [
            f"{path} is larger than {BLOB_BYTES_MAX} bytes: shorten it or name it in LARGE_FILES"
            for path in FILES
            if (PROJECT / path).stat().st_size > BLOB_BYTES_MAX
            and not any(fnmatch(path, pattern) for pattern in LARGE_FILES)
        ] == []

    def test_makes_only_commands_executable(self) -> None:
        assert [
            f"{path} is executable: chmod -x it, or move it to scripts/"
            for path in FILES
            if os.access(PROJECT / path, os.X_OK)
            and (PROJECT / path).stat().st_mode & 0o111
            and not any(fnmatch(path, pattern) for pattern in EXECUTABLES)
        ] == []

    def test_describes_every_variable_that_settings_read(self) -> None:
        read = set(re.findall(r'given\.get\("([A-Z_]+)"', TEXTS["backend/app/settings.py"]))
        described = set(re.findall(r"^([A-Z_]+)=", TEXTS[".env.example"], re.MULTILINE))
        assert described - {"VB_PYTHON"} == read, "correct .env.example"

    def test_publishes_development_services_to_this_machine_only(self) -> None:
        ports = re.findall(
            r'^ +- "?([\d.]*:?\d+:\d+)"?$', TEXTS["docker-compose.yml"], re.MULTILINE
        )
        assert len(ports) == 2
        assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


class TestRules:
    @pytest.mark.parametrize(
        ("rule", "path", "text"),
        [
            (long_file, "backend/app/a.py", "x = 1\n" * 301),
            (long_file, "backend/tests/unit/test_a.py", "x = 1\n" * 401),
            (long_function, "backend/app/a.py", "def f():\n" + "    x = 1\n" * 60),
            (vague_name, "backend/app/price_utils.py", ""),
            (vague_name, "backend/app/a.py", "class OrderManager: ..."),
            (vague_name, "backend/app/a.py", "def price_v2(): ..."),
            (vague_name, "frontend/src/lib/helpers.ts", ""),
            (invented_data, "backend/app/a.py", "price = sample_price"),
            (invented_data, "backend/app/fake_market.py", ""),
            (untracked_task, "backend/app/a.py", "# TO" + "DO: later"),
            (foreign_place, "frontend/.npmrc", "registry=registry.npmjs" + ".org"),
            (foreign_place, "README.md", "cd /ro" + "ot/checkout"),
            (foreign_import, "backend/app/domain/a.py", "import numpy"),
            (foreign_import, "backend/app/domain/a.py", "from app.services import ports"),
        ],
    )
    def test_object_to(self, rule: Rule, path: str, text: str) -> None:
        assert len(list(rule(path, text))) == 1

    @pytest.mark.parametrize(
        ("rule", "path", "text"),
        [
            (long_file, "backend/app/a.py", "x = 1\n" * 300),
            (long_file, "frontend/src/lib/money.test.ts", "x = 1\n" * 400),
            (long_function, "backend/app/a.py", "def f():\n" + "    x = 1\n" * 59),
            (vague_name, "backend/app/database.py", "def newest_revision(): ..."),
            (invented_data, "backend/app/a.py", "down-sampled and resampled"),
            (untracked_task, "backend/app/a.py", "# TO" + "DO(#12): later"),
            (foreign_place, "README.md", "GET /v1/work/home/tmp"),
            (foreign_import, "backend/app/domain/a.py", "from app.domain.units import Ticks"),
        ],
    )
    def test_accept(self, rule: Rule, path: str, text: str) -> None:
        assert list(rule(path, text)) == []

    def test_object_to_an_unknown_top_level_name(self) -> None:
        assert list(unknown_top_level(["README.md", "\u00a0"])) != []

    def test_object_to_a_gap_between_decisions(self) -> None:
        paths = ["docs/decisions/0001-a.md", "docs/decisions/0003-b.md"]
        assert list(broken_numbering(paths)) != []
