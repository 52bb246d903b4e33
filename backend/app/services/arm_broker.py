"""Arming real money: a checklist, a sentence typed by a person, and a link in the audit trail."""

from dataclasses import dataclass

from app.domain.brokerage import BrokerAccount
from app.domain.errors import BrokerError, ConflictError, FieldError, InvalidInputError
from app.domain.position import Broker
from app.domain.risk import CLOCKS_APART_MAX
from app.domain.trading import SwitchKind, next_event
from app.services.pin_account import keep_account
from app.services.ports import Book, Clock, Store
from app.services.venues import Venues


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the checklist, and whether it holds."""

    name: str
    holds: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerView:
    """A broker: whether it is connected, its account, what was armed, and the checklist.

    `account` is None while the broker does not answer; `trouble` then says why. `confirmation` is
    the sentence that arms it, None where nothing is to be armed.
    """

    broker: Broker
    account: BrokerAccount | None
    trouble: str | None
    armed: bool
    checklist: tuple[Item, ...]
    confirmation: str | None


class ArmBroker:
    """Lets real money trade once, explicitly, and takes that back at any time."""

    def __init__(self, *, store: Store, venues: Venues, clock: Clock) -> None:
        self._store = store
        self._venues = venues
        self._clock = clock

    def read(self) -> tuple[BrokerView, ...]:
        """Return every connected broker."""
        return tuple(self._view(broker) for broker in self._venues.brokers)

    def look(self, *, broker: Broker) -> BrokerView:
        """Return a connected account with real money, its checklist and its sentence.

        Raises
        ------
        ConflictError
            When the broker moves no real money, or is not connected.
        """
        if broker is not Broker.ALPACA_LIVE:
            raise ConflictError(
                reason="nothing_to_arm", message=f"{broker.value} moves no real money."
            )
        self._venues.at(broker)
        return self._view(broker)

    def arm(self, *, broker: Broker, confirmation: str, reason: str) -> BrokerView:
        """Let the real money of the account trade.

        Raises
        ------
        ConflictError
            When the broker is no connected account with real money, or an item of the checklist
            fails.
        InvalidInputError
            When the confirmation is not the sentence of the account.
        """
        view = self.look(broker=broker)
        failing = [item.sentence for item in view.checklist if not item.holds]
        if failing or view.account is None:
            raise ConflictError(
                reason="checklist_fails",
                message=" ".join(failing) or f"{view.trouble} Nothing was armed.",
            )
        assert view.confirmation is not None, "real money has a sentence"
        if confirmation != view.confirmation:
            raise InvalidInputError(
                FieldError(
                    field="confirmation",
                    message="is not the sentence for this account",
                    allowed=view.confirmation,
                )
            )
        with self._store.book() as book:
            keep_account(book, broker, account_id=view.account.id, at=self._clock.now())
            self._flip(book, broker, view.account.id, armed=True, reason=reason)
        return self._view(broker)

    def disarm(self, *, broker: Broker, reason: str) -> BrokerView:
        """Stop the real money of the account; its live orders go on until they end.

        Neither its keys nor the broker are needed for that.

        Raises
        ------
        ConflictError
            When it is not armed.
        """
        with self._store.book() as book:
            account = book.broker_account(broker=broker)
            if account is None or not account.armed:
                raise ConflictError(
                    reason="broker_not_armed", message=f"{broker.value} is not armed."
                )
            self._flip(book, broker, account.account_id, armed=False, reason=reason)
        return self._view(broker)

    def _flip(
        self, book: Book, broker: Broker, account_id: str, *, armed: bool, reason: str
    ) -> None:
        book.lock_switch()  # its chain keeps the arming too
        event = next_event(
            book.last_switch_event(),
            at=self._clock.now(),
            kind=SwitchKind.ARMED if armed else SwitchKind.DISARMED,
            body={"broker": broker.value, "account_id": account_id, "reason": reason},
        )
        book.append_switch_event(event=event)
        book.arm_broker(broker=broker, armed=armed)

    def _view(self, broker: Broker) -> BrokerView:
        with self._store.book() as book:
            kept, halted = book.broker_account(broker=broker), book.trading_halted()
        try:
            brokerage = self._venues.at(broker).brokerage
            account, clock = brokerage.account(), brokerage.clock()
        except (BrokerError, ConflictError) as error:
            return BrokerView(
                broker=broker,
                account=None,
                trouble=str(error),
                armed=kept is not None and kept.armed,
                checklist=(),
                confirmation=None,
            )
        behind = abs(clock.at - self._clock.now())
        checklist = (
            Item(
                name="account_may_trade",
                holds=account.blocked is None,
                sentence=account.blocked or "The account may trade.",
            ),
            Item(
                name="account_is_the_same",
                holds=kept is None or kept.account_id == account.id,
                sentence="The account is the one that was connected first.",
            ),
            Item(
                name="clocks_agree",
                holds=behind <= CLOCKS_APART_MAX,
                sentence=f"This clock and the broker's are {behind.total_seconds():.1f} s apart.",
            ),
            Item(
                name="trading_not_stopped",
                holds=not halted,
                sentence="Trading is stopped." if halted else "Trading is not stopped.",
            ),
        )
        real = broker is Broker.ALPACA_LIVE
        return BrokerView(
            broker=broker,
            account=account,
            trouble=None,
            armed=kept is not None and kept.armed,
            checklist=checklist,
            confirmation=f"trade real money in {account.id}" if real else None,
        )
