"""Creates an instance and runs it until it first rests (rulings 10, 11, 26)."""

from dataclasses import dataclass, replace

from interactor.core import traces
from interactor.core.errors import InvalidRequestError, NamespaceQuotaExceededError, WorkflowNotPublishedError
from interactor.core.jsons import Json, JsonObject
from interactor.core.storing import ContendedError, StoreBusyError
from interactor.definitions.stored import Workflow
from interactor.forms import redaction
from interactor.instances.engine import COMMIT_ATTEMPTS, Cause, Engine
from interactor.instances.rules import forgery
from interactor.instances.rules.instance import MAIN, Instance, Phase, Thread
from interactor.instances.rules.lifetimes import wake_at
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.settle import settle
from interactor.instances.rules.stored import Head
from interactor.instances.rules.thread_draft import INPUT


@dataclass(frozen=True)
class NewInstance:
    """A request for a new instance. ``cause`` is who asks; ``traceparent`` is the trace that it belongs to."""

    workflow: Workflow
    account: str
    namespace: str
    input: JsonObject
    cause: Cause
    traceparent: str | None = None


def start(engine: Engine, wanted: NewInstance) -> Head:
    """Create an instance of the published version, and return it where it first rests or where the budget ends.

    Raises:
        WorkflowNotPublishedError: no version is published.
        InvalidRequestError: the input does not match the definition's ``input_schema``.
        NamespaceQuotaExceededError: the namespace is full.
        InstanceTooLargeError: it would be too large to be stored.
        KeyTakenError: what ``cause.remember`` writes is refused.
    """
    workflow = wanted.workflow
    version_id = workflow.published_version_id
    if version_id is None:
        raise WorkflowNotPublishedError(
            f"Workflow '{workflow.name}' has no published version; "
            f"publish one with POST /workflows/{workflow.name}/versions/{workflow.latest_version_id}/publish"
        )
    definition = engine.definitions.definition(wanted.account, workflow.name, version_id)
    if definition.input_schema is not None:
        # Few definitions have a schema, and this module is slow to import.
        from interactor.definitions.rules.input_schema import check_input

        problems = check_input(definition.input_schema, wanted.input)
        if problems:
            raise InvalidRequestError("The input does not match the workflow's input_schema", problems)
    forgery.refuse(definition, wanted.input)
    now = engine.world.now()
    deadline = now + engine.rules.inline_budget
    main = Thread(
        MAIN, definition.initial_state, Phase.ENTER, sequence=0, entered_at=now, input=wanted.input, trigger=INPUT
    )
    instance = Instance(
        id=engine.world.new_id("inst"),
        account=wanted.account,
        namespace=wanted.namespace,
        workflow_id=workflow.workflow_id,
        workflow_name=workflow.name,
        version_id=version_id,
        created_at=now,
        updated_at=now,
        status="running",
        status_since=now,
        threads={MAIN: main},
        redacted=redaction.fields_of(definition, engine.rules.redacted_words),
        initiator=_initiator(wanted.cause.by),
        traceparent=wanted.traceparent or traces.begin(engine.world.entropy(traces.ENTROPY_BYTES)),
    )
    advance = engine.advance(definition, instance, MAIN, wanted.cause.by)
    advance.created(now)
    # This does not depend on the budget: entering the first state is no event of its own, so no later commit could
    # contain it.
    advance.run_rules(now)
    engine.steps.run_pure(wanted.account, advance, deadline)
    return engine.carry_on(definition, _store(engine, instance, advance, wanted.cause), wanted.cause.by, deadline)


def _initiator(by: Json) -> str | None:
    """Who starts it: the person who is named, else the client."""
    return None if by is None else str(by["actor"]) if isinstance(by, dict) else str(by)


def _store(engine: Engine, instance: Instance, advance: Advance, cause: Cause) -> Head:
    """Commit a new instance, counted in any shard of its namespace's quota that has room.

    Raises:
        NamespaceQuotaExceededError: no shard has room.
    """
    definition = engine.definition_of(instance)
    shards = engine.quota_shards(instance.account, instance.namespace)
    attempt = 0
    while attempt < COMMIT_ATTEMPTS:
        if not shards:
            raise NamespaceQuotaExceededError(
                f"Namespace '{instance.namespace}' has {engine.rules.quota} active instances, as many as it may; "
                "end some first"
            )
        shard, room = shards[0]
        commit_id = engine.world.entropy(16).hex()
        counted = replace(instance, quota_shard=shard)
        settled = settle(definition, counted, advance.change(), engine.world.now(), bytes.fromhex(commit_id))
        wake = wake_at(settled.instance, engine.rules.lifetimes)
        extra = [cause.remember(settled, ())] if cause.remember is not None else []
        try:
            return engine.instances.create(settled, commit_id, room, wake, extra, engine.rules.lifetimes.after_end)
        except NamespaceQuotaExceededError:
            shards = shards[1:]
        except ContendedError:
            engine.world.pause(attempt)
            attempt += 1
    raise StoreBusyError("the namespace's counter stayed contended")
