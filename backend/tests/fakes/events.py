"""An announcer that remembers what was told."""

from collections.abc import Mapping


class FakeEvents:
    """Satisfies `Announcer`; `told` holds every kind and body, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, object]]] = []

    def publish(self, *, kind: str, body: Mapping[str, object]) -> None:
        self.told.append((kind, body))
