"""The deployment that a simulation runs: its variables, handlers and parts, over the fakes."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import interactor.services
from interactor.access.rules.principal import ALL, Principal
from interactor.aws.dynamo.table import Table
from interactor.aws.queues import MessageQueue
from interactor.core import limits
from interactor.core.times import DAY, Millis
from interactor.core.world import World
from interactor.instances.rules.lifetimes import Lifetimes
from interactor.instances.step_queue import StepQueue
from interactor.instances.store import due
from interactor.logs import logger
from interactor.services import Services
from interactor.workers import clock, webhooks
from tests.support.template import ROOT

ACCOUNT = "acc_1"
PRINCIPAL = Principal(ACCOUNT, "client_1", frozenset({"*"}), ALL)
STEPS, WEBHOOKS, RELAY_RETRY = "STEPS_QUEUE_URL", "WEBHOOKS_QUEUE_URL", "RELAY_RETRY_QUEUE_URL"
EXHAUSTED = "EXHAUSTED_QUEUE_URL"
VISIBILITY = {STEPS: 70, WEBHOOKS: 100, RELAY_RETRY: 70}
"""Seconds, by the variable of the queue, which here is its URL as well; as in template.yaml."""
TIME_LIMIT = {STEPS: 60, WEBHOOKS: 90, RELAY_RETRY: 60, "stream": 60, "clock": 55, "api": 20}
"""Seconds after which each function is killed."""
MOST_RECEIVES = 10
LIFETIMES = Lifetimes(running=10 * DAY, halted=20 * DAY, after_end=30 * DAY)
_ENVIRONMENT = {
    "TABLE_NAME": "table",
    **{name: name for name in (*VISIBILITY, EXHAUSTED)},
    "RUNNING_TTL": "10d",
    "HALTED_TTL": "20d",
    "RETENTION_AFTER_END": "30d",
    "FILE_RETENTION": "7d",
    "INLINE_BUDGET_MS": "3000",
    "HTTP_RETRY_DELAYS": "1,2,4,8",
    "WEBHOOK_RETRY_DELAYS": "0,30,120,480,1800,7200",
    "WEBHOOK_ATTEMPTS_AT_ONCE": "50",
    "LINK_LIFETIME": "7d",
    "MAILS_QUEUE_URL": "",
    "MAIL_FROM": "",
    "PUBLIC_URL": "",
    "INDEX_SHARDS": "2",
    "WORKFLOWS_PER_ACCOUNT": "0",
    "SCRIPT_FUNCTION": "",
    "VERSIONS_PER_WORKFLOW": "0",
    "OUTBOUND_ALLOW_LOOPBACK": "false",
    "OUTGOING_PRIVATE_RANGES": "",
    **dict.fromkeys(
        ("RATE_LIMIT_READ", "RATE_LIMIT_WRITE", "RATE_LIMIT_CREATE", "RATE_LIMIT_TOKEN", "RATE_LIMIT_SOURCE"), "0"
    ),
    **dict.fromkeys(("FILES_BUCKET", "DATA_KEY_ID", "SIGNING_KEY_ID", "CURSOR_KEY_ID", "SECRETS_PREFIX"), "unused"),
    **dict.fromkeys(("TOKEN_ISSUER", "TOKEN_AUDIENCE"), "unused"),
    **dict.fromkeys(("SIGNING_KEYS", "ISSUER_JWKS_URL", "REDACT_FIELDS", "AI_MODELS"), ""),
}
_NARROWED = {
    "TRANSITIONS_IN_A_ROW": 120,
    "EVENTS_PER_INSTANCE": 400,
    "EVENTS_PER_ADVANCE": 12,
    "SNAPSHOT_SMALL_BYTES": 400,
    "RECORDS_PER_SNAPSHOT": 6,
}
"""Bounds that are brought nearer, so that short runs come to them."""
_REMOVED_PER_CALL = 5


class Inline:
    """A pool whose work is done by whoever asks, so that the baton is never in two hands."""

    def __init__(self, _: int) -> None:
        self.map = map

    def __enter__(self) -> "Inline":
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _Verified:
    def verify(self, _: str | None, __: Millis) -> Principal:
        return PRINCIPAL


class _Sealer:
    def seal(self, _: str, text: str) -> str:
        return text

    def open(self, _: str, sealed: str) -> str:
        return sealed


@contextmanager
def deployed(quota: str) -> Iterator[None]:
    """The variables are set, the bounds near, and the logger silent; ``quota`` is that of each namespace."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {**_ENVIRONMENT, "NAMESPACE_QUOTA": quota}))
        for worker in (webhooks, clock):
            stack.enter_context(patch.object(worker, "ThreadPoolExecutor", Inline))
        stack.enter_context(patch.object(due, "REMOVED_PER_CALL", _REMOVED_PER_CALL))
        for name, bound in _NARROWED.items():
            stack.enter_context(patch.object(limits, name, bound))
        stack.callback(interactor.services.install, None)
        stack.callback(logger.setLevel, logger.log_level)
        logger.setLevel(logging.CRITICAL)
        yield


def begin_process(world: World, dynamodb: Any, sqs: Any, outside: Any) -> Any:
    """A process of functions begins, with nothing of the one before; answers its parts."""
    made: Any = Services(world)
    made.aws.table = Table(dynamodb, "table")
    made.instances.steps_queue = StepQueue(lambda: sqs, STEPS)
    made.aws.queue = lambda url: MessageQueue(sqs, url)
    made.logic.sandbox = made.logic.outgoing = outside
    made.logic.models = outside.write
    made.access.verifier = _Verified()
    made.aws.sealer = _Sealer()
    made.logic.secrets = SimpleNamespace(read=lambda _: {})
    # Requests are not counted: that is another's test.
    made.access.buckets = {}
    interactor.services.install(made)
    return made


@cache
def handler(folder: str) -> Callable[[Any, Any], Any]:
    """A function's handler."""
    spec = spec_from_file_location(f"simulated_{folder}", ROOT / "functions" / folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Any, Any], Any] = module.handler
    return found
