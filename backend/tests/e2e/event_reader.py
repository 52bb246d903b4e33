"""A reader of the event stream, as a browser is one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import httpx

from tests.e2e.wire import Body

PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; `id` is None where the server gave none."""

    id: str | None
    kind: str
    body: Body = field(default_factory=dict)


class EventReader:
    """with EventReader(base_url, after=None) as reader:
    reader.next()           # the next event, pings left out
    reader.until("fill")    # everything up to and including the next one of this kind
    """

    def __init__(self, base_url: str, *, after: str | None = None) -> None:
        headers = {} if after is None else {"Last-Event-ID": after}
        # Without certificates to read, hundreds of readers start in no time.
        self._client = httpx.Client(
            base_url=base_url, timeout=PATIENCE_SECONDS, headers=headers, verify=False
        )
        self._asking = self._client.stream("GET", "/v1/stream")

    def __enter__(self) -> Self:
        self.answer = self._asking.__enter__()
        self._events = self._parsed()
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def next(self) -> Event:
        return next(event for event in self._events if event.kind != "ping")

    def ping(self) -> Event:
        return next(self._events)

    def until(self, kind: str) -> list[Event]:
        found = [self.next()]
        while found[-1].kind != kind:
            found.append(self.next())
        return found

    def reset(self) -> Event:
        """Return the next event, which is a reset."""
        event = self.next()
        assert event.kind == "reset", event
        return event

    def _parsed(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in self.answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
                continue
            if "data" in fields:
                body = json.loads(fields["data"])
                yield Event(id=fields.get("id"), kind=fields["event"], body=body)
            fields = {}


def end_of_stream(base_url: str) -> str:
    """Return the id of the present end of the stream."""
    with EventReader(base_url) as reader:
        place = reader.reset().id
    assert place is not None
    return place
