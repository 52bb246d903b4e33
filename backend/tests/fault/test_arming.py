"""Real money trades only after a person armed it, and the audit trail says so."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from app.domain.book import StoredAnswer
from app.domain.errors import ConflictError, InvalidInputError
from app.domain.position import Broker as BrokerName
from app.services.arm_broker import ArmBroker
from app.services.halt_trading import HaltTrading
from app.services.pin_account import PinAccount
from app.services.read_market import ReadMarket
from app.services.venues import Venue, Venues
from tests.builders import NOW, usd
from tests.fakes.clock import FakeClock
from tests.fakes.market import FakeMarket
from tests.fakes.no_cache import NoCache
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.robot import CREDENTIALS, TIMEOUT_SECONDS
from tests.fault.test_lives import CALENDAR
from tests.no_venues import NoLease

LIVE = BrokerName.ALPACA_LIVE


class Office:
    """A connected account with real money, simulated, and what arms it."""

    def __init__(self, *, url: str, alpaca: AlpacaServer) -> None:
        clock = FakeClock(at=NOW)
        self.store = PostgresStore(url=url)
        self.broker = Broker(seed=3, cash="5000", now=clock.now)
        alpaca.serve(self.broker)
        self._brokerage = AlpacaBrokerage(
            base_url=alpaca.url,
            credentials=CREDENTIALS,
            timeout_seconds=TIMEOUT_SECONDS,
            now=clock.now,
        )
        calendar: ExchangeCalendar = CALENDAR
        market = ReadMarket(market=FakeMarket(), cache=NoCache(), calendar=calendar, clock=clock)
        venue = Venue(brokerage=self._brokerage, market=market, has_own_quotes=True)
        venues = Venues(connected={LIVE: venue}, lease=NoLease())
        self.arming = ArmBroker(store=self.store, venues=venues, clock=clock)
        self.pinning = PinAccount(venues=venues, clock=clock)
        self.switch = HaltTrading(store=self.store, clock=clock)

    def arm(self) -> None:
        (view,) = self.arming.read()
        assert view.confirmation is not None
        self.arming.arm(broker=LIVE, confirmation=view.confirmation, reason="test")

    def pin(self) -> int:
        """Return what is beside a position of KO that opens with 100 USD."""
        free = self.pinning.look(broker=LIVE, symbol="KO")
        with self.store.book() as book:
            return self.pinning.pin(
                book, broker=LIVE, symbol="KO", free=free, cash=usd("100"), shares=0
            )

    def finding(self) -> str | None:
        """Return what is wrong with the chain of the kill switch."""
        *_, switch = self.store.verify_audit()
        return switch.finding

    def close(self) -> None:
        self._brokerage.close()
        self.store.close()


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def office(alpaca: AlpacaServer, url: str) -> Iterator[Office]:
    office = Office(url=url, alpaca=alpaca)
    yield office
    office.close()


class TestArming:
    def test_lets_positions_open_until_it_is_taken_back(self, office: Office) -> None:
        with pytest.raises(ConflictError) as refused:
            office.pin()
        assert refused.value.reason == "broker_not_armed"
        office.arm()
        assert office.pin() == 0
        office.arming.disarm(broker=LIVE, reason="test")
        with pytest.raises(ConflictError):
            office.pin()

    def test_wants_the_sentence_of_the_account(self, office: Office) -> None:
        with pytest.raises(InvalidInputError) as refused:
            office.arming.arm(broker=LIVE, confirmation="yes", reason="test")
        assert "trade real money in" in refused.value.errors[0].allowed
        (view,) = office.arming.read()
        assert not view.armed

    def test_is_refused_while_an_item_of_the_checklist_fails(self, office: Office) -> None:
        office.broker.blocked = True
        with pytest.raises(ConflictError) as refused:
            office.arm()
        assert refused.value.reason == "checklist_fails"

    def test_leaves_the_chain_of_the_kill_switch_whole(self, office: Office) -> None:
        office.arm()
        assert office.finding() is None
        assert not isinstance(office.switch.halt(reason="test"), StoredAnswer)
        office.arming.disarm(broker=LIVE, reason="test")
        assert office.finding() is None
        assert office.switch.read().switch.halted

    def test_that_nobody_did_is_found(self, office: Office, url: str) -> None:
        office.arm()
        office.arming.disarm(broker=LIVE, reason="test")
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE broker_account SET armed = true")
        assert "arming of alpaca-live" in str(office.finding())
