"""The keys of an Alpaca account in a file, and that they are never shown."""

import os
from pathlib import Path

import pytest

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_credentials import read_credentials
from app.domain.errors import InvalidInputError
from tests.integration.broker.alpaca_server import CANARY, NOW


def key_file(folder: Path, content: str, *, mode: int = 0o600) -> Path:
    path = folder / "alpaca"
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


class TestCredentials:
    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_are_two_lines(self, tmp_path: Path, mode: int) -> None:
        content = f"{CANARY.key_id}\n{CANARY.secret}\n"
        assert read_credentials(key_file(tmp_path, content, mode=mode)) == CANARY

    def test_may_be_readable_by_our_group_when_root_handed_them_out(self, tmp_path: Path) -> None:
        path = key_file(tmp_path, f"{CANARY.key_id}\n{CANARY.secret}\n", mode=0o440)
        if path.stat().st_uid == 0:
            assert read_credentials(path) == CANARY
            os.chown(path, -1, 54_321)  # a group that is not ours
        with pytest.raises(InvalidInputError, match="chmod 600"):
            read_credentials(path)

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o444, 0o460])
    def test_are_refused_when_others_may_use_the_file(self, tmp_path: Path, mode: int) -> None:
        path = key_file(tmp_path, f"{CANARY.key_id}\n{CANARY.secret}\n", mode=mode)
        with pytest.raises(InvalidInputError, match="chmod 600"):
            read_credentials(path)

    @pytest.mark.parametrize(
        "content",
        [
            "",
            CANARY.secret,
            f"{CANARY.key_id}\n{CANARY.secret}\nmore",
            f"key {CANARY.key_id}\nsecret {CANARY.secret}",
            f"{CANARY.key_id}\n{CANARY.secret}é",
            f"{CANARY.key_id}\n{CANARY.secret}" + "x" * 2000,
        ],
    )
    def test_are_refused_without_their_content(self, tmp_path: Path, content: str) -> None:
        with pytest.raises(InvalidInputError) as raised:
            read_credentials(key_file(tmp_path, content))
        assert CANARY.secret not in str(raised.value)
        assert CANARY.key_id not in str(raised.value)

    def test_are_refused_when_there_is_no_file(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "absent"):
            with pytest.raises(InvalidInputError):
                read_credentials(path)

    def test_are_not_shown(self) -> None:
        assert repr(CANARY) == "Credentials()"

    @pytest.mark.parametrize("url", ["http://api.example.com", "ftp://127.0.0.1", "", "https://"])
    def test_are_not_sent_unencrypted(self, url: str) -> None:
        with pytest.raises(InvalidInputError):
            AlpacaBrokerage(base_url=url, credentials=CANARY, timeout_seconds=1, now=lambda: NOW)
