"""The keys of an Alpaca account, read from a file that nobody else can read."""

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.errors import FieldError, InvalidInputError

_KEY = re.compile(r"[!-~]{8,128}", re.ASCII)  # what fits into a header, whatever Alpaca hands out
_BYTES_MAX = 1000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ROOT = 0
# A credential of systemd is root's; that the service may read it too shows as a right of the group.
_HANDED_OUT = stat.S_IRUSR | stat.S_IRGRP


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A key and its secret; neither is ever shown."""

    key_id: str = field(repr=False)
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        assert _KEY.fullmatch(self.key_id), "a key id is printable"
        assert _KEY.fullmatch(self.secret), "a secret is printable"

    def hidden_in(self, text: str) -> str:
        """Return `text` without the keys, in case somebody echoes what was sent."""
        return text.replace(self.secret, "(hidden)").replace(self.key_id, "(hidden)")


def read_credentials(path: Path) -> Credentials:
    """Return the keys in a file of two lines: the key id, then the secret.

    Raises
    ------
    InvalidInputError
        When the file cannot be read, others than its owner may use it, or it is not two lines. No
        part of its content is shown.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _refused(path, message="is not a file", allowed="a file of two lines")
            if not _is_ours_alone(status):
                raise _refused(
                    path,
                    message="may be used by other accounts of this machine",
                    allowed=f"its owner alone: chmod 600 {path}",
                )
            content = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise _refused(
            path,
            message=f"cannot be read ({error.strerror})",
            allowed="a file that the account of the backend can read",
        ) from error
    return _credentials(content, path=path)


def _is_ours_alone(status: os.stat_result) -> bool:
    """Return whether nobody but its owner may use the file, or root handed it out to us."""
    if status.st_mode & _OTHERS == 0:
        return True
    groups = {_ROOT, os.getegid(), *os.getgroups()}
    handed_out = stat.S_IMODE(status.st_mode) == _HANDED_OUT
    return handed_out and status.st_uid == _ROOT and status.st_gid in groups


def _credentials(content: bytes, *, path: Path) -> Credentials:
    # Latin 1 reads any byte, so that no error of a decoder carries the content along.
    lines = [line.strip() for line in content.decode("latin-1").strip().splitlines()]
    if len(content) > _BYTES_MAX or len(lines) != 2 or not all(map(_KEY.fullmatch, lines)):
        raise _refused(
            path,
            message="does not hold the two keys of an Alpaca account",
            allowed="two lines: the key id, then the secret, without names or quotes",
        )
    key_id, secret = lines
    return Credentials(key_id=key_id, secret=secret)


def _refused(path: Path, *, message: str, allowed: str) -> InvalidInputError:
    return InvalidInputError(FieldError(field=str(path), message=message, allowed=allowed))
