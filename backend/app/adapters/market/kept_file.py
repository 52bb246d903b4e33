"""Small files of the state folder that save a start some work, and that may vanish at any time."""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


def read_kept(path: Path, *, heading: Mapping[str, object]) -> Any:
    """Return what `keep` wrote last under just this heading; None when it is gone or damaged."""
    try:
        digest, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    if digest != _digest(text):
        return None
    kept = json.loads(text)
    return kept["body"] if kept["heading"] == heading else None


def keep(path: Path, *, heading: Mapping[str, object], body: object, meanwhile: str) -> None:
    """Put `body` into `path`, for this account only; others see all of it or what was there.

    Where that cannot be done, it is logged with `meanwhile`: what happens until it can.
    """
    text = json.dumps({"heading": heading, "body": body}, indent=0)
    try:
        _replace(path, text=f"{_digest(text)}\n{text}")
    except OSError as error:
        _log.warning("%s could not be kept (%s); %s", path, error.strerror, meanwhile)


def _replace(path: Path, *, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, so that processes which write at the same time do not mix.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    written = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
