"""Runs one command on a deployment. What it imports needs the extra ``admin``."""

import argparse
from collections.abc import Callable, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core.errors import InteractorError
from interactor.core.times import Millis
from interactor_cli.deployment.commands import COMMANDS, Context
from interactor_cli.deployment.target import Choice, TargetError, find
from interactor_cli.outcome import CommandError, Printed


def run(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    clock: Callable[[], Millis],
    read_value: Callable[[str], str],
) -> Printed:
    """What the command that ``arguments`` name prints.

    Raises:
        CommandError: it cannot be done: the deployment is not found, AWS or the engine refuses.
    """
    try:
        context = Context(find(_choice(arguments), environment), clock, read_value)
        return COMMANDS[arguments.noun, arguments.verb](arguments, context)
    except (TargetError, InteractorError, ValueError) as error:
        raise CommandError(str(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"AWS says: {error}") from error


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
