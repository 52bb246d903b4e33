"""The local server that stands where Alpaca's hosts are."""

from collections.abc import Iterator

import pytest

from app.adapters.broker.alpaca import AlpacaBrokerage
from tests.integration.broker.alpaca_server import AlpacaServer


@pytest.fixture
def server() -> Iterator[AlpacaServer]:
    with AlpacaServer() as running:
        yield running


@pytest.fixture
def brokerage(server: AlpacaServer) -> Iterator[AlpacaBrokerage]:
    opened = server.brokerage()
    yield opened
    opened.close()
