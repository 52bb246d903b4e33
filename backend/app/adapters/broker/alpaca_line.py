"""Everything that is open to one account at Alpaca, so that it can be closed."""

from collections.abc import Callable
from contextlib import ExitStack

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_credentials import Credentials
from app.adapters.broker.alpaca_doorbell import Doorbell
from app.adapters.broker.alpaca_market import AlpacaMarket


class AlpacaLine:
    """Satisfies `Line`: the connections of a brokerage and of its market, and its doorbell."""

    def __init__(
        self,
        *,
        brokerage: AlpacaBrokerage,
        market: AlpacaMarket,
        stream_url: str,
        credentials: Credentials,
        timeout_seconds: float,
    ) -> None:
        self._stream_url = stream_url
        self._credentials = credentials
        self._timeout_seconds = timeout_seconds
        self._open = ExitStack()
        self._open.callback(brokerage.close)
        self._open.callback(market.close)

    def listen(self, *, ring: Callable[[], None]) -> None:
        """Ring whenever something happened to an order of the account, from now on."""
        doorbell = Doorbell(
            stream_url=self._stream_url,
            credentials=self._credentials,
            ring=ring,
            timeout_seconds=self._timeout_seconds,
        )
        doorbell.start()
        self._open.callback(doorbell.stop)

    def close(self) -> None:
        """Stop ringing, and close the connections."""
        self._open.close()
