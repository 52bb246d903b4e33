"""Broker accounts on the wire."""

from app.domain.units import money_text
from app.routes.v1.schemas.wire import DecimalText, Reason, Text, WireModel
from app.services.arm_broker import BrokerView


class ArmIn(WireModel):
    """The sentence that the account's checklist asks for, typed by a person, and why."""

    confirmation: Text
    reason: Reason


class ChecklistItemOut(WireModel):
    """One line of the checklist, and whether it holds."""

    name: str
    holds: bool
    sentence: str


class BrokerAccountOut(WireModel):
    """A connected account; `account_id` and `cash` are null while the broker does not answer.

    `confirmation` is the sentence that arms real money, null where there is none to arm.
    """

    broker: str
    account_id: str | None
    cash: DecimalText | None
    trouble: str | None
    armed: bool
    checklist: list[ChecklistItemOut]
    confirmation: str | None


def broker_account_out(view: BrokerView) -> BrokerAccountOut:
    """Return an account as the wire writes it."""
    account = view.account
    return BrokerAccountOut(
        broker=view.broker.value,
        account_id=None if account is None else account.id,
        cash=None if account is None else money_text(account.cash),
        trouble=view.trouble if account is None else account.blocked,
        armed=view.armed,
        checklist=[
            ChecklistItemOut(name=item.name, holds=item.holds, sentence=item.sentence)
            for item in view.checklist
        ],
        confirmation=view.confirmation,
    )
