"""Commands on one machine: `python -m deploy.local up|down|status|token|reset|setup|check-migrations|verify`."""

import argparse
import json
import sys

from deploy.local.account import PostgresUnavailable
from deploy.local.java import KafkaUnavailable, ensure_jars, find_java
from deploy.local.lifecycle import CannotStart, down, reset, status, supervisor_of, up
from deploy.local.migrations import check_migrations, houses_with_migrations
from deploy.local.profile import KEYS, PROFILES, UP, Profile
from deploy.local.record import Record
from deploy.local.tokens import SCOPES, ensure_keys, make_token
from deploy.local.verification import CannotVerify, verify_houses

NOTICE = (
    "No Kafka: {reason}. The houses hear each other over HTTP instead; nothing is lost, only the topics are missing."
)


def tell(text: str) -> None:
    """Say something to whoever watches; standard output is for answers."""
    print(text, file=sys.stderr, flush=True)


def bring_up(_: argparse.Namespace) -> int:
    """Start what is not running of the kept profile."""
    try:
        up(UP, tell)
    except CannotStart as reason:
        tell(str(reason))
        return 1
    if notice := Record(UP.folder).read().notice:
        tell(NOTICE.format(reason=notice))
    for name in ("ingest", "scoring", "contact", "feedback", "inbox"):
        print(f"{name:9}http://127.0.0.1:{UP.ports[name]}")
    return 0


def take_down(_: argparse.Namespace) -> int:
    """Stop every profile."""
    down(*PROFILES)
    return 0


def print_status(_: argparse.Namespace) -> int:
    """Say how the running profile stands, as JSON."""
    answer, is_well = status(current())
    print(json.dumps(answer))
    return 0 if is_well else 1


def print_token(arguments: argparse.Namespace) -> int:
    """Make a token, and print it alone."""
    ensure_keys(KEYS)
    print(make_token(KEYS, arguments.scopes.split() or SCOPES))
    return 0


def forget(_: argparse.Namespace) -> int:
    """Remove all data and keys, and what was put outside the repository."""
    reset(PROFILES, KEYS)
    return 0


def set_up(_: argparse.Namespace) -> int:
    """Bring the broker's jars, where there is a JDK to run them."""
    try:
        find_java()
        ensure_jars()
    except KafkaUnavailable as reason:
        tell(NOTICE.format(reason=reason))
    return 0


def check(_: argparse.Namespace) -> int:
    """Try every house's migrations."""
    return 0 if check_migrations(houses_with_migrations()) else 1


def verify(_: argparse.Namespace) -> int:
    """Compare the state of what runs with its history, and take every decision again; the summary is JSON."""
    profile = current()
    if supervisor_of(profile) is None:
        tell("nothing runs: `make up` first")
        return 1
    try:
        summary = verify_houses(profile)
    except CannotVerify as reason:
        tell(str(reason))
        return 1
    print(json.dumps(summary))
    return 1 if summary["mismatches"] else 0


def current() -> Profile:
    """The profile that is supervised; the kept one if none is."""
    return next((profile for profile in PROFILES if supervisor_of(profile) is not None), UP)


COMMANDS = {
    "up": bring_up,
    "down": take_down,
    "status": print_status,
    "token": print_token,
    "reset": forget,
    "setup": set_up,
    "check-migrations": check,
    "verify": verify,
}


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=(command.__doc__ or "").strip())
        one.set_defaults(command=command)
        if name == "token":
            one.add_argument("scopes", nargs="?", default="", help="separated by spaces; all if empty")
    arguments = parser.parse_args()
    try:
        answer: int = arguments.command(arguments)
    except PostgresUnavailable as reason:
        tell(str(reason))
        return 1
    return answer


if __name__ == "__main__":
    sys.exit(main())
