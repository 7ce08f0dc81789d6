"""Finds the deployment that a command works on: a stack, a local run, or one whose resources are named in the
command.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from interactor_cli.outcome import WrongUseError

LOCAL_FILE: Final = "run.json"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_EMULATOR_KEY: Final = "test"
_CONFIG: Final = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


class TargetError(WrongUseError):
    """The deployment cannot be found. ``str()`` of the error says what to do."""


@dataclass(frozen=True)
class Target:
    """The names and the place of one deployment. A name may be unknown if no command needs it."""

    table: str | None = None
    secrets_prefix: str | None = None
    relay_retry_queue: str | None = None
    data_key: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None

    def client(self, service: str) -> Any:
        """Return a boto3 client for this deployment."""
        session = boto3.Session(profile_name=self.profile, region_name=self.region)
        keys: dict[str, str] = {}
        if self.access_key_id is not None:
            keys = {
                "aws_access_key_id": self.access_key_id,
                "aws_secret_access_key": self.secret_access_key or self.access_key_id,
            }
        # There are few services, but they are chosen by name at run time: the stubs know only literal names.
        make: Any = session.client
        return make(service, endpoint_url=self.endpoint_url, config=_CONFIG, **keys)


@dataclass(frozen=True)
class Choice:
    """What the command line says about the deployment; None if it says nothing."""

    stack: str | None = None
    local: str | None = None
    table: str | None = None
    secrets_prefix: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None


def find(choice: Choice, environment: Mapping[str, str]) -> Target:
    """Return the deployment that the command line, or else ``TABLE_NAME`` and ``SECRETS_PREFIX``, name.

    Raises:
        TargetError: they name none, or one that does not exist.
    """
    if choice.local is not None:
        return _local(Path(choice.local), choice, environment)
    endpoint_url = choice.endpoint_url or environment.get("AWS_ENDPOINT_URL")
    target = Target(
        table=choice.table or environment.get("TABLE_NAME"),
        secrets_prefix=choice.secrets_prefix or environment.get("SECRETS_PREFIX"),
        relay_retry_queue=environment.get("RELAY_RETRY_QUEUE_URL"),
        data_key=environment.get("DATA_KEY_ID"),
        region=choice.region,
        endpoint_url=endpoint_url,
        profile=choice.profile,
        access_key_id=_default_key(endpoint_url, choice, environment),
    )
    if choice.stack is None:
        return target
    outputs = _outputs(target, choice.stack)
    return replace(
        target,
        table=choice.table or _output(outputs, "TableName", choice.stack),
        secrets_prefix=choice.secrets_prefix or _output(outputs, "SecretsPrefix", choice.stack),
        relay_retry_queue=outputs.get("RelayRetryQueueUrl"),
        data_key=outputs.get("DataKeyId"),
    )


def _local(folder: Path, choice: Choice, environment: Mapping[str, str]) -> Target:
    path = folder / LOCAL_FILE
    try:
        run = json.loads(path.read_text("utf-8"))
        # Emulators separate accounts by the access key, so the key of the local run is used before this shell's own.
        key = run.get("access_key_id") or _default_key(run["endpoint_url"], choice, environment)
        return Target(
            table=choice.table or run["table"],
            secrets_prefix=choice.secrets_prefix or run["secrets_prefix"],
            relay_retry_queue=run.get("relay_retry_queue"),
            data_key=run.get("data_key"),
            region=choice.region or run["region"],
            endpoint_url=choice.endpoint_url or run["endpoint_url"],
            profile=choice.profile,
            access_key_id=key,
            secret_access_key=run.get("secret_access_key"),
        )
    except OSError:
        raise TargetError(f"there is no {path}: start the local run with 'make serve', or name its folder") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TargetError(f"{path} is not what a local run writes; start the local run again") from None


def _outputs(target: Target, stack: str) -> dict[str, str]:
    try:
        stacks = target.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            raise TargetError(f"there is no stack '{stack}' in this account and region") from None
        raise
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def _output(outputs: Mapping[str, str], key: str, stack: str) -> str:
    if key not in outputs:
        raise TargetError(f"the stack '{stack}' has no output {key}: is it a stack of this template?")
    return outputs[key]


def _default_key(endpoint_url: str | None, choice: Choice, environment: Mapping[str, str]) -> str | None:
    """Return a key for an emulator on this machine, which needs some key, if the shell has none; else None."""
    has_own = choice.profile is not None or not environment.keys().isdisjoint(("AWS_ACCESS_KEY_ID", "AWS_PROFILE"))
    return _EMULATOR_KEY if _is_loopback(endpoint_url) and not has_own else None


def _is_loopback(url: str | None) -> bool:
    return url is not None and urlsplit(url).hostname in _LOOPBACK
