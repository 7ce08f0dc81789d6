"""Entry of ``python -m interactor.admin``."""

import argparse
import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from botocore.exceptions import BotoCoreError, ClientError

from interactor.admin.arguments import parser
from interactor.admin.commands import COMMANDS, CommandError, Context
from interactor.admin.target import Choice, TargetError, find
from interactor.core.errors import InteractorError
from interactor.core.times import Millis


def main(
    argv: Sequence[str],
    environment: Mapping[str, str],
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
    clock: Callable[[], Millis],
) -> int:
    """Run one command and return its exit code: 0 done, 1 not possible. A wrong command line exits with 2."""
    arguments = parser().parse_args(argv)
    try:
        context = Context(find(_choice(arguments), environment), clock, lambda name: _read_value(name, stdin))
        printed = COMMANDS[arguments.noun, arguments.verb](arguments, context)
    except (CommandError, TargetError, InteractorError, ValueError) as error:
        print(f"error: {error}", file=stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"error: AWS says: {error}", file=stderr)
        return 1
    print(json.dumps(printed.data, indent=2) if arguments.json else printed.text, file=stdout)
    return 0


def _choice(arguments: argparse.Namespace) -> Choice:
    return Choice(
        stack=arguments.stack,
        local=arguments.local,
        table=arguments.table,
        secrets_prefix=arguments.secrets_prefix,
        region=arguments.region,
        endpoint_url=arguments.endpoint_url,
        profile=arguments.profile,
    )


def _read_value(name: str, stdin: TextIO) -> str:
    if stdin.isatty():
        return getpass.getpass(f"Value of {name}: ")
    try:
        value = stdin.read()
    except UnicodeDecodeError:
        raise CommandError("the value on standard input is not UTF-8 text; encode it, as base64 for instance") from None
    return value.removesuffix("\n").removesuffix("\r")


def _now() -> Millis:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdin, sys.stdout, sys.stderr, _now))
