"""What Yahoo Finance is asked, and what came back, as bytes that processes can hand on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request: its path, its parameters, and the symbol that it is about."""

    symbol: str
    path: str
    parameters: Mapping[str, str]

    @property
    def key(self) -> str:
        """Return the same text for the same question."""
        return ":".join((self.path, *(f"{k}={v}" for k, v in sorted(self.parameters.items()))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status, body, how long the provider asks us to wait, and when it came.

    `status` is None when nothing came; `problem` then says why. `passes` says that asking once
    more within seconds may help. `requests` counts what was sent, cookie and crumb included.
    """

    status: int | None
    body: bytes
    retry_after_seconds: int | None
    problem: str
    passes: bool
    requests: int
    received_at: datetime


def answer_bytes(answer: Answer) -> bytes:
    """Return `answer` as bytes: one line of JSON, then the body as it came."""
    heading = {
        "status": answer.status,
        "retry_after_seconds": answer.retry_after_seconds,
        "problem": answer.problem,
        "passes": answer.passes,
        "requests": answer.requests,
        "received_at": answer.received_at.isoformat(),
    }
    return json.dumps(heading).encode() + b"\n" + answer.body


def read_answer(kept: bytes) -> Answer:
    """Return the answer in what `answer_bytes` returned."""
    line, _, body = kept.partition(b"\n")
    heading = json.loads(line)
    return Answer(
        status=heading["status"],
        body=body,
        retry_after_seconds=heading["retry_after_seconds"],
        problem=heading["problem"],
        passes=heading["passes"],
        requests=heading["requests"],
        received_at=datetime.fromisoformat(heading["received_at"]),
    )
