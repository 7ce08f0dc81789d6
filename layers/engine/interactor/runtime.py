"""Puts the engine together for one process: each part is made when it is first used, and kept.

The one place that knows every adapter. A function imports what it uses through here, and nothing else is paid for
in its cold start.
"""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from interactor import settings
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.logs import logger

if TYPE_CHECKING:
    from interactor.access.clients import ClientStore
    from interactor.access.issuer import Issuer
    from interactor.access.jwks import OutsideKeys
    from interactor.access.limiter import Limiter
    from interactor.access.rules.rates import Bucket, Category
    from interactor.access.signing import Signer
    from interactor.access.token_store import FamilyStore, RevokedStore
    from interactor.access.verifier import Verifier
    from interactor.aws.cursors import Cursors
    from interactor.aws.dynamo.idempotency_records import RememberedStore
    from interactor.aws.dynamo.table import Table
    from interactor.aws.queues import MessageQueue
    from interactor.aws.sealing import Sealer
    from interactor.core.logic import HttpCall, ModelCall, Outcome
    from interactor.definitions.store import DefinitionStore
    from interactor.definitions.workflows import Definitions
    from interactor.files.bucket import FileBucket
    from interactor.files.uploads import Files
    from interactor.instances.engine import Engine
    from interactor.instances.rules.instance import Instance
    from interactor.instances.rules.stored import StepHint
    from interactor.instances.step_queue import StepQueue
    from interactor.instances.store.instances import InstanceStore
    from interactor.logic.bedrock import Models
    from interactor.logic.secrets import SecretStore
    from interactor.outgoing import OutgoingClient
    from interactor.sandbox import Sandbox, SyntaxProblem
    from interactor.webhooks.concurrency import Turns
    from interactor.webhooks.deliver import Deliverer
    from interactor.webhooks.redrive import Draining
    from interactor.webhooks.replays import Replays
    from interactor.webhooks.rules.events import Answer
    from interactor.webhooks.store.concurrency import GateStore
    from interactor.webhooks.store.deliveries import DeliveryStore
    from interactor.webhooks.store.subscriptions import SubscriptionStore
    from interactor.webhooks.subscriptions import Subscriptions


def clock() -> Millis:
    """Now, in milliseconds."""
    return time.time_ns() // 1_000_000


class Runtime:
    """The parts of one process."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World(clock, os.urandom, time.sleep)

    @cached_property
    def table(self) -> "Table":
        """The table."""
        from interactor.aws.dynamo.table import Table

        return Table(_client("dynamodb"), settings.text("TABLE_NAME"))

    @cached_property
    def instances(self) -> "InstanceStore":
        """Instances."""
        from interactor.instances.store.instances import InstanceStore

        return InstanceStore(self.table)

    @cached_property
    def definitions(self) -> "DefinitionStore":
        """Stored workflows."""
        from interactor.definitions.store import DefinitionStore

        return DefinitionStore(self.table)

    @cached_property
    def subscription_store(self) -> "SubscriptionStore":
        """Stored subscriptions."""
        from interactor.webhooks.store.subscriptions import SubscriptionStore

        return SubscriptionStore(self.table)

    @cached_property
    def remembered(self) -> "RememberedStore":
        """Idempotency keys."""
        from interactor.aws.dynamo.idempotency_records import RememberedStore

        return RememberedStore(self.table)

    @cached_property
    def clients(self) -> "ClientStore":
        """Registered OAuth clients."""
        from interactor.access.clients import ClientStore

        return ClientStore(_client("dynamodb"), settings.text("TABLE_NAME"))

    @cached_property
    def signer(self) -> "Signer":
        """The signing keys."""
        from interactor.access.signing import Signer, split_key_ids

        return Signer(_client("kms"), split_key_ids(settings.text("SIGNING_KEYS") or settings.text("SIGNING_KEY_ID")))

    @cached_property
    def cursors(self) -> "Cursors":
        """Makes and reads the cursors of lists."""
        from interactor.aws.cursors import Cursors

        return Cursors(_client("kms"), settings.text("CURSOR_KEY_ID"))

    @cached_property
    def verifier(self) -> "Verifier":
        """Verifies tokens."""
        from interactor.access.revocation import RevocationList
        from interactor.access.verifier import Verifier

        keys = self.signer if self.outside_issuer is None else self._outside_keys(self.outside_issuer)
        revoked = RevocationList(self.revoked_tokens).holds
        return Verifier(keys, settings.text("TOKEN_ISSUER"), settings.text("TOKEN_AUDIENCE"), revoked)

    @cached_property
    def outside_issuer(self) -> str | None:
        """The URL of an outside issuer's keys; None where tokens are issued here."""
        return settings.text("ISSUER_JWKS_URL") or None

    def _outside_keys(self, url: str) -> "OutsideKeys":
        from interactor.access.jwks import OutsideKeys

        return OutsideKeys(self.outgoing, url, self.world.now)

    @cached_property
    def revoked_tokens(self) -> "RevokedStore":
        """Access tokens that were revoked."""
        from interactor.access.token_store import RevokedStore

        return RevokedStore(self.table)

    @cached_property
    def families(self) -> "FamilyStore":
        """Families of refresh tokens."""
        from interactor.access.token_store import FamilyStore

        return FamilyStore(self.table)

    @cached_property
    def buckets(self) -> "Mapping[Category, Bucket]":
        """The rate limits that are set, by category (ruling 33)."""
        from interactor.access.rules.rates import READ_BLOCK, Bucket

        limited: tuple[tuple[Category, int | None, int], ...] = (
            ("read", settings.limit("RATE_LIMIT_READ"), READ_BLOCK),
            ("write", settings.limit("RATE_LIMIT_WRITE"), 1),
            ("create", settings.limit("RATE_LIMIT_CREATE"), 1),
            ("token", settings.limit("RATE_LIMIT_TOKEN"), 1),
            ("source", settings.limit("RATE_LIMIT_SOURCE"), 1),
        )
        return {name: Bucket(name, limit, block) for name, limit, block in limited if limit is not None}

    @cached_property
    def limiter(self) -> "Limiter":
        """Counts requests against the rate limits."""
        from interactor.access.limiter import Limiter
        from interactor.access.rate_counters import CounterStore

        def failed(error: Exception) -> None:
            logger.warning("rate limit not counted", extra={"reason": str(error)})

        return Limiter(CounterStore(self.table), failed)

    @cached_property
    def issuer(self) -> "Issuer":
        """Issues tokens."""
        from interactor.access.issuer import Issuer

        return Issuer(
            settings.text("TOKEN_ISSUER"), settings.text("TOKEN_AUDIENCE"), self.clients, self.signer, self.families
        )

    @cached_property
    def sandbox(self) -> "Sandbox":
        """Runs scripts."""
        from interactor.sandbox import Sandbox

        return Sandbox()

    @cached_property
    def outgoing(self) -> "OutgoingClient":
        """Makes outgoing requests."""
        from interactor.outgoing import OutgoingClient

        return OutgoingClient(settings.flag("OUTBOUND_ALLOW_LOOPBACK"))

    @cached_property
    def models(self) -> "Models":
        """Has models write."""
        from interactor.logic import bedrock, stand_in

        if settings.text("AI_MODELS") == stand_in.NAME:
            return stand_in.write
        return bedrock.Bedrock(lambda: _client("bedrock-runtime", bedrock.CONFIG), settings.names("AI_MODELS"), clock)

    @cached_property
    def secrets(self) -> "SecretStore":
        """The accounts' secrets."""
        from interactor.logic.secrets import SecretStore

        return SecretStore(_client("secretsmanager"), settings.text("SECRETS_PREFIX"), self.world.now)

    @cached_property
    def steps_queue(self) -> "StepQueue":
        """Step hints."""
        from interactor.instances.step_queue import StepQueue

        return StepQueue(_client("sqs"), settings.text("STEPS_QUEUE_URL"))

    @cached_property
    def engine(self) -> "Engine":
        """The engine."""
        from interactor.instances.engine import Engine, Rules
        from interactor.instances.rules.settle import Lifetimes

        rules = Rules(
            lifetimes=Lifetimes(
                settings.lifetime("RUNNING_TTL"),
                settings.lifetime("HALTED_TTL"),
                settings.lifetime("RETENTION_AFTER_END"),
                settings.lifetime("FILE_RETENTION"),
            ),
            quota=settings.limit("NAMESPACE_QUOTA") if "NAMESPACE_QUOTA" in os.environ else None,
            redacted_words=settings.words("REDACT_FIELDS") if "REDACT_FIELDS" in os.environ else (),
            inline_budget=settings.budget("INLINE_BUDGET_MS"),
            retry_delays=settings.delays("HTTP_RETRY_DELAYS") if "HTTP_RETRY_DELAYS" in os.environ else (1000,),
        )
        return Engine(
            self.world,
            self.instances,
            self.definitions,
            _Lazy(self),
            self._call_out,
            self._ask_model,
            lambda account: self.secrets.read(account),
            _LazyHints(self),
            rules,
            self.files,
        )

    @cached_property
    def files(self) -> "Files":
        """Files of forms."""
        from interactor.files.store import FileStore
        from interactor.files.uploads import Files

        return Files(self.world, FileStore(self.table), lambda: self.bucket)

    @cached_property
    def bucket(self) -> "FileBucket":
        """Where files lie."""
        from interactor.files.bucket import FileBucket

        return FileBucket(_client("s3", {**_CONFIG, **_for_s3()}), settings.text("FILES_BUCKET"))

    def ended_since(self) -> Millis:
        """What ended before this moment is past its date, and no answer shows it (ruling 24)."""
        return self.world.now() - settings.lifetime("RETENTION_AFTER_END")

    def files_ended_since(self) -> Millis:
        """The files of what ended at this moment or before are past their date."""
        return self.world.now() - settings.lifetime("FILE_RETENTION")

    def check_script(self, code: str) -> "SyntaxProblem | None":
        """What keeps a script from parsing; None: it parses."""
        return self.sandbox.check(code)

    @cached_property
    def workflows(self) -> "Definitions":
        """Definitions, with the check of their scripts."""
        from interactor.definitions.workflows import Definitions

        return Definitions(self.world, self.definitions, self.check_script)

    @cached_property
    def subscriptions(self) -> "Subscriptions":
        """Webhook subscriptions."""
        from interactor.webhooks.store import account_events
        from interactor.webhooks.subscriptions import Subscriptions

        allow_loopback = settings.flag("OUTBOUND_ALLOW_LOOPBACK")
        write = account_events.write
        return Subscriptions(self.world, self.subscription_store, _LazySealer(self), write, allow_loopback)

    @cached_property
    def sealer(self) -> "Sealer":
        """Seals webhook secrets."""
        from interactor.aws.sealing import Sealer

        return Sealer(_client("kms"), settings.text("DATA_KEY_ID"))

    @cached_property
    def delivery_store(self) -> "DeliveryStore":
        """The log of deliveries."""
        from interactor.webhooks.store.deliveries import DeliveryStore

        return DeliveryStore(self.table)

    @cached_property
    def turns(self) -> "Turns":
        """Shares of the attempts that each subscription gets."""
        from interactor.webhooks.account_concurrency import Watches
        from interactor.webhooks.concurrency import Turns

        watches = Watches(self.world, self.gate_store, settings.number("WEBHOOK_ATTEMPTS_AT_ONCE"))
        return Turns(self.world, self.gate_store, watches)

    @cached_property
    def gate_store(self) -> "GateStore":
        """What the workers of a subscription share."""
        from interactor.webhooks.store.concurrency import GateStore

        return GateStore(self.table)

    @cached_property
    def replays(self) -> "Replays":
        """Replays of ranges of the log."""
        from interactor.webhooks.replays import Replays

        return Replays(self.world, self.delivery_store, self.subscription_store, self.gate_store, self.webhooks_queue)

    @cached_property
    def draining(self) -> "Draining":
        """Takes out of the exhausted queue what was replayed."""
        from interactor.webhooks.redrive import Draining

        return Draining(self.delivery_store, self.exhausted_queue, self.webhooks_queue)

    @cached_property
    def exhausted_queue(self) -> "MessageQueue":
        """Deliveries whose last attempt failed."""
        return self._messages("EXHAUSTED_QUEUE_URL")

    @cached_property
    def webhooks_queue(self) -> "MessageQueue":
        """Webhook messages."""
        return self._messages("WEBHOOKS_QUEUE_URL")

    @cached_property
    def relay_retry_queue(self) -> "MessageQueue":
        """History records whose relay failed."""
        return self._messages("RELAY_RETRY_QUEUE_URL")

    @cached_property
    def deliverer(self) -> "Deliverer":
        """Delivers webhooks."""
        from interactor.webhooks.deliver import Deliverer

        return Deliverer(
            world=self.world,
            subscriptions=self.subscriptions,
            log=self.delivery_store,
            instances=self.instances,
            post=self._post,
            waiting=self.webhooks_queue,
            exhausted=self.exhausted_queue,
            replays=self.replays,
            delays=settings.delays("WEBHOOK_RETRY_DELAYS"),
        )

    def _messages(self, variable: str) -> "MessageQueue":
        from interactor.aws.queues import MessageQueue

        return MessageQueue(_client("sqs"), settings.text(variable))

    def _call_out(self, call: "HttpCall", headers: Mapping[str, str], mask: Callable[[str], str]) -> "Outcome":
        from interactor.logic.http import run_http_call

        return run_http_call(self.outgoing, call, headers, now=self.world.now, mask=mask)

    def _ask_model(self, call: "ModelCall") -> "Outcome":
        """Only the step worker comes here, and only for a state that wants it: nobody else pays for the client."""
        from interactor.core.logic import Failed

        outcome = self.models(call)
        if isinstance(outcome, Failed):
            logger.warning("no text of a model", extra={"code": outcome.code, "reason": outcome.message})
        return outcome

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> "Answer":
        from interactor.webhooks.post import post

        return post(self.outgoing, url, headers, body, self.world.now())


class _Lazy:
    """Starts the sandbox at the first script: many requests run none."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def run(self, call: Any) -> "Outcome":
        """Run a script."""
        return self._runtime.sandbox.run(call)


class _LazyHints:
    """Needs the steps queue only where there is something to hint at: a pause or a cancel has nothing."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def send(self, instance: "Instance", thread_id: str, now: Millis) -> None:
        """Hint at one thread's next step."""
        self._runtime.steps_queue.send(instance, thread_id, now)

    def send_again(self, hint: "StepHint", delay: Millis) -> None:
        """Send a hint again."""
        self._runtime.steps_queue.send_again(hint, delay)


class _LazySealer:
    """Needs the key only where a secret is sealed or opened: most functions do neither."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def seal(self, account: str, text: str) -> str:
        """Seal a text."""
        return self._runtime.sealer.seal(account, text)

    def open(self, account: str, sealed: str) -> str:
        """Open one."""
        return self._runtime.sealer.open(account, sealed)


_clients: dict[str, Any] = {}


_CONFIG: Mapping[str, Any] = {
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
    "max_pool_connections": 32,
    # Together they cost a sixth of each call's processor time: boto3 makes its own name of a dozen parts, anew each
    # time, checks arguments that our own code makes, and looks for an account to put into the endpoint's name.
    "user_agent": "interactor",
    "parameter_validation": False,
    "account_id_endpoint_mode": "disabled",
}


def _client(service: str, config: Mapping[str, Any] = _CONFIG) -> Any:
    """A client as boto3 makes it, made once. Timeouts stay well inside those of the functions."""
    if service not in _clients:
        from botocore.config import Config

        _clients[service] = session().create_client(service, config=Config(**config))
    return _clients[service]


def _for_s3() -> Any:
    """What is signed names the bucket's own region: the global address sends a new bucket's callers elsewhere."""
    elsewhere = any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ)
    style = "path" if elsewhere else "virtual"
    return {
        "signature_version": "s3v4",
        "s3": {"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
    }


@cache
def session() -> Any:
    """What makes clients: botocore's. Importing boto3 would add resources and S3 transfers, which nobody here uses."""
    from botocore.session import get_session

    return get_session()


_runtime: Runtime | None = None


def runtime() -> Runtime:
    """The process's parts."""
    global _runtime
    if _runtime is None:
        _runtime = Runtime()
    return _runtime


def install(other: Runtime | None) -> None:
    """Put other parts in place, or (None) have them made anew: for tests."""
    global _runtime
    _runtime = other
    _clients.clear()
