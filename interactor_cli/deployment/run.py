"""Runs one command on a deployment. The imports here need the extra ``admin``."""

import argparse
from collections.abc import Callable, Mapping

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoRegionError

from interactor.access.clients import ClientTakenError
from interactor.core.errors import InteractorError
from interactor.core.times import Millis
from interactor_cli.deployment.commands import COMMANDS, Context
from interactor_cli.deployment.target import Choice, TargetError, find
from interactor_cli.outcome import CommandError, Printed, WrongUseError


def run(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    clock: Callable[[], Millis],
    read_value: Callable[[str], str],
) -> Printed:
    """Run the command that ``arguments`` name, and return what it prints.

    Raises:
        WrongUseError: a value is wrong, or the deployment is not found.
        CommandError: it cannot be done, because AWS or the engine refuses.
    """
    try:
        context = Context(find(_choice(arguments), environment), clock, read_value)
        return COMMANDS[arguments.noun, arguments.verb](arguments, context)
    except ClientTakenError as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise WrongUseError(str(error)) from error
    except InteractorError as error:
        raise CommandError(str(error)) from error
    except NoRegionError as error:
        raise TargetError("in which region? Give --region NAME, or set AWS_DEFAULT_REGION") from error
    except EndpointConnectionError as error:
        where = "the local run is not running: start it with 'make serve'" if arguments.local else "nothing answers"
        raise TargetError(f"{where} ({error})") from error
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
