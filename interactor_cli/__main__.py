"""Entry of the command ``interactor``."""

import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TextIO

from interactor_cli.arguments import parser
from interactor_cli.outcome import CommandError, WrongUseError

_INTERRUPTED: Final = 130
"""The exit code that a shell reports for a program that SIGINT ended."""


def main(
    argv: Sequence[str],
    environment: Mapping[str, str],
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
    clock: Callable[[], int],
) -> int:
    """Run one command and return its exit code: 0 it is done, 1 it cannot be done, 2 a given value is wrong.

    A command line that cannot be parsed exits with 2 at once. ``clock`` returns Unix time in milliseconds.
    """
    arguments = parser().parse_args(argv)
    try:
        from interactor_cli.deployment.run import run as run_on_deployment
    except ModuleNotFoundError as missing:
        print(f"error: {_how_to_install(missing)}", file=stderr)
        return 1
    try:
        printed = run_on_deployment(arguments, environment, clock, lambda name: _read_value(name, stdin))
    except CommandError as error:
        print(f"error: {error}", file=stderr)
        return error.exit_code
    print(json.dumps(printed.data, indent=2) if arguments.json else printed.text, file=stdout)
    return 0


def _how_to_install(missing: ModuleNotFoundError) -> str:
    return (
        f"this command works on AWS, and the package '{missing.name}' for that is not installed; install interactor "
        "again with the extra 'admin', as in: pip install '/path/to/checkout[admin]'"
    )


def _read_value(name: str, stdin: TextIO) -> str:
    if stdin.isatty():
        return getpass.getpass(f"Value of {name}: ")
    try:
        value = stdin.read()
    except UnicodeDecodeError:
        raise WrongUseError(
            "the value on standard input is not UTF-8 text; encode it, as base64 for instance"
        ) from None
    return value.removesuffix("\n").removesuffix("\r")


def _now() -> int:
    return time.time_ns() // 1_000_000


def run() -> int:
    """Run the console script with this process's arguments, environment and streams."""
    try:
        return main(sys.argv[1:], os.environ, sys.stdin, sys.stdout, sys.stderr, _now)
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
