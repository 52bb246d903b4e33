"""The cookies and the crumb that Yahoo gave, kept so that the next start needs no new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app.adapters.market.kept_file import keep, read_kept

# The number rises when the file is written in another way.
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PassCookie:
    """A cookie, and where it is sent."""

    name: str
    value: str
    domain: str
    path: str
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class YahooPass:
    """What has to come with a question: the crumb, and the cookies that it was given for."""

    crumb: str
    cookies: Sequence[PassCookie]


def read_pass(file: Path, *, base_url: str | None) -> YahooPass | None:
    """Return the pass in `file` if the host at `base_url` gave it, else None."""
    kept = read_kept(file, heading=_heading(base_url))
    if kept is None:
        return None
    cookies = tuple(PassCookie(**cookie) for cookie in kept["cookies"])
    return YahooPass(crumb=kept["crumb"], cookies=cookies)


def keep_pass(file: Path, *, base_url: str | None, given: YahooPass) -> None:
    """Put what the host at `base_url` gave into `file`."""
    keep(
        file,
        heading=_heading(base_url),
        body=asdict(given),
        meanwhile="each start asks Yahoo for a new cookie and crumb.",
    )


def _heading(base_url: str | None) -> Mapping[str, object]:
    return {"format": _FORMAT, "base_url": base_url}
