"""The command line: `vb` prepares the machine and hands over to `python -m app.cli`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from app.adapters.embedded.process import EmbeddedServiceError
from app.cli_services import CommandError, ready_services
from app.cli_up import down, up
from app.domain.errors import DomainError
from app.logs import configure_logs
from app.settings import Settings, SettingsError, read_settings

# As a shell reports a command that Ctrl-C ended.
INTERRUPTED = 130
# What `vb verify` verifies when it is not given a run.
AUDIT = "audit"


def main(*, arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what went wrong is one message on stderr."""
    given = _parser().parse_args(arguments)
    try:
        return _run(given, settings=read_settings())
    except (CommandError, DomainError, EmbeddedServiceError, SettingsError) as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(given: argparse.Namespace, *, settings: Settings) -> int:
    match given.command:
        case "up":
            return up(settings=settings, foreground=given.foreground)
        case "down":
            return down(settings=settings)
        case "serve":
            return _serve(settings=settings)
        case "verify":
            return _verify(given, settings=settings)
        case "replay":
            return _replay(given, settings=settings)
        case "halt" | "resume":
            return _flip(given, settings=settings)
        case "arm" | "disarm":
            return _arm(given, settings=settings)
        case _:
            return _simulate(given, settings=settings)


def _serve(*, settings: Settings) -> int:
    from app.adapters.clock import SystemClock
    from app.cli_serve import serve  # only here: it brings the whole product

    configure_logs(level=settings.log_level)
    return serve(settings=settings, clock=SystemClock())


def _simulate(given: argparse.Namespace, *, settings: Settings) -> int:
    # Only here: it brings the whole product.
    from app.cli_simulate import SimulateCommand, simulate

    command = SimulateCommand(
        dataset=given.dataset,
        resolution=given.resolution,
        start=given.start,
        end=given.end,
        model=given.model,
        path=given.path,
        cash=given.cash,
        shares=given.shares,
        strategy=given.strategy,
        write=given.write,
        as_json=given.json,
    )
    with ready_services(settings=settings) as ready:
        return simulate(settings=ready, command=command)


def _verify(given: argparse.Namespace, *, settings: Settings) -> int:
    with ready_services(settings=settings) as ready:
        if given.run == AUDIT:
            from app.cli_audit import verify_audit

            return verify_audit(settings=ready)
        from app.cli_verify import verify  # only here: it brings the whole product

        return verify(settings=ready, run_id=given.run)


def _replay(given: argparse.Namespace, *, settings: Settings) -> int:
    from app.cli_audit import replay

    with ready_services(settings=settings) as ready:
        return replay(settings=ready, position_id=given.position)


def _flip(given: argparse.Namespace, *, settings: Settings) -> int:
    from app.cli_halt import halt, resume

    flip = halt if given.command == "halt" else resume
    with ready_services(settings=settings) as ready:
        return flip(settings=ready, reason=given.reason)


def _arm(given: argparse.Namespace, *, settings: Settings) -> int:
    from app.cli_arm import arm, disarm  # only here: it brings the whole product

    flip = arm if given.command == "arm" else disarm
    with ready_services(settings=settings) as ready:
        return flip(settings=ready, broker=given.broker, reason=given.reason)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date, as 2010-01-04 is") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vb", description="Volatility-Balancing")
    commands = parser.add_subparsers(dest="command", required=True)

    up_command = commands.add_parser("up", help="start everything and print the link")
    up_command.add_argument("--foreground", action="store_true", help="stay attached until Ctrl-C")

    commands.add_parser("down", help="stop everything that `vb up` started")

    serve_command = commands.add_parser("serve")
    serve_command.add_argument("--state", help="marks the process; the folder itself is VB_STATE")

    simulation = commands.add_parser("simulate", help="run one simulation and print its summary")
    simulation.add_argument("--dataset", required=True, help="symbol or id of a dataset, as KO")
    simulation.add_argument(
        "--resolution",
        choices=("5m", "15m", "30m", "1h", "1d"),
        help="merge the bars into longer ones first",
    )
    simulation.add_argument("--from", dest="start", required=True, type=_day, metavar="DATE")
    simulation.add_argument("--to", dest="end", required=True, type=_day, metavar="DATE")
    simulation.add_argument("--model", required=True, help="close, next_open or touch")
    simulation.add_argument(
        "--path", help="way inside a bar for touch: pessimistic, optimistic, olhc or ohlc"
    )
    simulation.add_argument("--cash", default="5000", help="opening cash in USD (5000)")
    simulation.add_argument("--shares", default="100", help="opening shares (100)")
    simulation.add_argument("--strategy", type=Path, help="JSON or YAML file; defaults without it")
    simulation.add_argument("--write", type=Path, help="folder for the result and its tables")
    simulation.add_argument("--json", action="store_true", help="print the result as JSON")

    _add_proofs(commands)
    _add_switches(commands)
    return parser


def _add_proofs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verification = commands.add_parser(
        "verify", help="verify every audit trail, or compute a stored run again"
    )
    verification.add_argument("run", nargs="?", default=AUDIT, help="id of the run")

    replaying = commands.add_parser("replay", help="make every recorded decision again")
    replaying.add_argument("position", nargs="?", help="id of one position; all without it")


def _add_switches(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    halting = commands.add_parser("halt", help="stop all trading at once")
    halting.add_argument("reason", nargs="?", default="stopped from the command line")
    resuming = commands.add_parser("resume", help="let trading go on after a halt")
    resuming.add_argument("reason", help="why it may go on; kept in the audit trail")

    for name, told in (
        ("arm", "let the real money of an account trade, after a checklist and a typed sentence"),
        ("disarm", "let the real money of an account trade no more"),
    ):
        arming = commands.add_parser(name, help=told)
        arming.add_argument("broker", choices=("alpaca-live",), help="the account")
        arming.add_argument("reason", nargs="?", default=f"{name}ed from the command line")


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
