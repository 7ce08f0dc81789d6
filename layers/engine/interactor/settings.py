"""The settings of the deployment: the functions' environment, read once when a process starts.

``template.yaml`` declares every variable for all functions. A variable that is missing or cannot be read stops the
process before its first request, because a forgotten quota must not mean "no quota".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, get_origin, get_type_hints

from interactor.core.addresses import Ranges, parse_ranges
from interactor.core.times import DAY, SECOND, Millis, parse_duration

FOR_EVER: Final[Millis] = 36_500 * DAY
NO_BUDGET: Final[Millis] = 10 * 60 * SECOND


class SettingsError(Exception):
    """The environment is not what the engine needs. The message names every variable that is missing or wrong."""


def _flag(value: str) -> bool:
    """``true`` or anything else."""
    return value.strip().lower() == "true"


def _lifetime(value: str) -> Millis:
    """A duration such as ``30d``; ``0`` means no limit."""
    return FOR_EVER if value.strip() == "0" else parse_duration(value.strip())


def _limit(value: str) -> int | None:
    """A number; ``0`` means no limit."""
    return int(value) or None


def _budget(value: str) -> Millis:
    """Milliseconds; ``0`` means no limit."""
    return int(value) or NO_BUDGET


def _words(value: str) -> tuple[str, ...]:
    """Words separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _ranges(value: str) -> Ranges:
    """Ranges of private addresses, separated by commas."""
    return parse_ranges(_words(value))


def _delays(value: str) -> tuple[Millis, ...]:
    """Seconds separated by commas, as milliseconds."""
    return tuple(round(float(part) * SECOND) for part in value.split(","))


def _shards(value: str) -> int:
    """A number from 1 to 32."""
    if not 1 <= int(value) <= 32:
        raise ValueError(f"{value} is not from 1 to 32")
    return int(value)


Shards: TypeAlias = Annotated[int, _shards]
Number: TypeAlias = Annotated[int, int]
Limit: TypeAlias = Annotated[int | None, _limit]
Lifetime: TypeAlias = Annotated[Millis, _lifetime]
Budget: TypeAlias = Annotated[Millis, _budget]
Words: TypeAlias = Annotated[tuple[str, ...], _words]
Delays: TypeAlias = Annotated[tuple[Millis, ...], _delays]
PrivateRanges: TypeAlias = Annotated[Ranges, _ranges]
Flag: TypeAlias = Annotated[bool, _flag]


@dataclass(frozen=True)
class Settings:
    """Every setting. The variable of ``table_name`` is ``TABLE_NAME``, and so on. None means no limit."""

    table_name: str
    files_bucket: str
    steps_queue_url: str
    webhooks_queue_url: str
    exhausted_queue_url: str
    mails_queue_url: str
    """Empty: no mails."""
    relay_retry_queue_url: str
    data_key_id: str
    secrets_prefix: str

    token_issuer: str
    token_audience: str
    signing_key_id: str
    cursor_key_id: str
    signing_keys: str
    """Key ids separated by commas, while keys are changed. Empty: the key of the stack."""
    issuer_jwks_url: str
    """The URL of an outside issuer's keys. Empty: this deployment issues the tokens."""

    rate_limit_read: Limit
    rate_limit_write: Limit
    rate_limit_create: Limit
    rate_limit_token: Limit
    rate_limit_source: Limit
    namespace_quota: Limit
    index_shards: Shards
    """The number of partitions over which each list of instances and errors is spread. It may be raised at any time."""
    workflows_per_account: Limit
    versions_per_workflow: Limit

    running_ttl: Lifetime
    halted_ttl: Lifetime
    link_lifetime: Lifetime
    """How long a signed link is good."""
    retention_after_end: Lifetime
    file_retention: Lifetime
    redact_fields: Words

    inline_budget_ms: Budget
    http_retry_delays: Delays
    webhook_retry_delays: Delays
    webhook_attempts_at_once: Number
    outbound_allow_loopback: Flag
    outgoing_private_ranges: PrivateRanges
    """Ranges whose private addresses outgoing requests may reach."""
    script_function: str
    """Name and alias of the function that runs scripts. Empty: each process runs its own scripts."""
    mail_from: str
    """The address that mails come from; empty: no mails."""
    public_url: str
    """The address that links in mails and webhooks lead to, without a path; empty: there are none."""
    ai_models: str
    """``name=model`` pairs separated by commas, or the name of the stand-in."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings of an environment.

    Raises:
        SettingsError: names every variable that is missing or wrong.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        variable = name.upper()
        if variable not in environment:
            problems.append(f"{variable} is not set")
            continue
        reader = hint.__metadata__[0] if get_origin(hint) is Annotated else str
        try:
            values[name] = reader(environment[variable])
        except ValueError as error:
            problems.append(f"{variable}: {error}")
    if problems:
        raise SettingsError("; ".join(problems))
    return Settings(**values)


def pairs(value: str) -> dict[str, str]:
    """``name=value`` pairs separated by commas."""
    parts = (part.partition("=") for part in value.split(",") if part.strip())
    return {key.strip(): value.strip() for key, _, value in parts}
