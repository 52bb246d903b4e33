"""`vb arm` and `vb disarm`: whether real money trades, decided by a person at a terminal."""

import sys
from collections.abc import Callable

from app.bootstrap import idle_services
from app.cli_services import CommandError
from app.domain.errors import DomainError, InvalidInputError
from app.domain.position import Broker
from app.domain.units import money_text
from app.services.arm_broker import ArmBroker, BrokerView
from app.settings import Settings


def arm(*, settings: Settings, broker: str, reason: str) -> int:
    """Show the checklist, have the sentence typed, arm, and return the exit code."""
    return _run(settings, lambda arming: _arm(arming, Broker(broker), reason))


def disarm(*, settings: Settings, broker: str, reason: str) -> int:
    """Let the real money trade no more, and return the exit code."""
    return _run(settings, lambda arming: _disarm(arming, Broker(broker), reason))


def _run(settings: Settings, work: Callable[[ArmBroker], int]) -> int:
    try:
        with idle_services(settings) as services:
            return work(services.arming)
    except InvalidInputError as error:
        raise CommandError(f"{error}. Nothing was armed.") from error
    except DomainError as error:
        raise CommandError(str(error)) from error


def _arm(arming: ArmBroker, broker: Broker, reason: str) -> int:
    view = arming.look(broker=broker)
    _show(view)
    if view.armed:
        print(f"{broker.value} is armed already.")
        return 0
    if view.account is None or not all(item.holds for item in view.checklist):
        raise CommandError("The checklist does not hold, so that nothing was armed.")
    if not sys.stdin.isatty():
        raise CommandError(
            "Real money is armed by a person: run this command in a terminal, where it asks for a "
            "sentence. Nothing was armed."
        )
    print("From then on the robot buys and sells with this money, without asking again.")
    try:
        typed = input(f"Type this sentence to arm it: {view.confirmation}\n> ")
    except EOFError:
        raise CommandError("No sentence was typed. Nothing was armed.") from None
    arming.arm(broker=broker, confirmation=typed.strip(), reason=reason)
    print(f"{broker.value} is armed. `./vb disarm {broker.value}` takes it back.")
    return 0


def _disarm(arming: ArmBroker, broker: Broker, reason: str) -> int:
    arming.disarm(broker=broker, reason=reason)
    print(
        f"{broker.value} is disarmed: no order of it leaves any more. Orders that are live there "
        "go on until they end; `./vb halt` cancels them."
    )
    return 0


def _show(view: BrokerView) -> None:
    if view.account is None:
        print(f"{view.broker.value} does not answer. {view.trouble}")
        return
    print(
        f"{view.broker.value}: account {view.account.id} with {money_text(view.account.cash)} USD "
        "in cash, real money."
    )
    for item in view.checklist:
        print(f"  [{'x' if item.holds else ' '}] {item.sentence}")
