"""A cache that is always empty."""

from app.domain.observation import Observation


class NoCache:
    """Satisfies `ObservationCache`; keeps nothing, as a server that was just flushed."""

    def get(self, *, symbol: str) -> Observation | None:
        return None

    def ticks(self, *, symbol: str) -> tuple[Observation, ...]:
        return ()

    def put(self, *, observation: Observation, ttl_seconds: int) -> None:
        pass
