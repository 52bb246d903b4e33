"""The brokers that are connected: each its account and its market, and who may trade there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.errors import ConflictError
from app.domain.position import Broker
from app.services.ports import Brokerage, Lease, Line
from app.services.read_market import ReadMarket


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A connected account, and the market that its positions look at.

    `has_own_quotes` says whether that market is the broker's own. `line` is what is open to the
    account, None where whoever opened it closes it.
    """

    brokerage: Brokerage
    market: ReadMarket
    has_own_quotes: bool
    line: Line | None = None


class Venues:
    """The connected accounts; orders go to them from one process at a time."""

    def __init__(self, *, connected: Mapping[Broker, Venue], lease: Lease) -> None:
        assert Broker.PAPER not in connected, "paper has no account"
        self._connected = connected
        self._lease = lease

    @property
    def brokers(self) -> tuple[Broker, ...]:
        """Return the brokers that are connected."""
        return tuple(self._connected)

    def at(self, broker: Broker) -> Venue:
        """Return a connected account.

        Raises
        ------
        ConflictError
            When it is not connected (reason `broker_not_connected`).
        """
        venue = self._connected.get(broker)
        if venue is None:
            raise ConflictError(
                reason="broker_not_connected",
                message=f"No account is connected for {broker.value}. Set the file with its keys "
                "and restart the product.",
            )
        return venue

    def listen(self, *, ring: Callable[[], None]) -> None:
        """Ring whenever something happened to an order at one of them, from now on."""
        for line in self._lines():
            line.listen(ring=ring)

    def close(self) -> None:
        """Close what is open to them."""
        for line in self._lines():
            line.close()

    def _lines(self) -> tuple[Line, ...]:
        return tuple(venue.line for venue in self._connected.values() if venue.line is not None)

    def epoch(self) -> int:
        """Return the epoch that this process may send orders in.

        Raises
        ------
        ConflictError
            When another process trades, or none does yet (reason `trading_elsewhere`).
        """
        epoch = self._lease.epoch
        if epoch is None:
            raise ConflictError(
                reason="trading_elsewhere",
                message="This process does not send orders: another one trades, or this one has "
                "not finished its recovery. Try again in a few seconds.",
            )
        return epoch
