"""Create an instance and run it on to where it first rests (rulings 10, 11, 26)."""

from interactor.core.definition.input_schema import check_input
from interactor.core.errors import InvalidRequestError, WorkflowNotFoundError, WorkflowNotPublishedError
from interactor.core.instance import MAIN, Instance, Phase, Thread
from interactor.core.jsons import Json, JsonObject
from interactor.core.machine import INPUT, Advance
from interactor.core.settle import settle, wake_at
from interactor.core.storing import ContendedError, Head, StoreUnavailableError
from interactor.core.times import Millis
from interactor.usecases.engine import COMMIT_ATTEMPTS, Engine


def start(
    engine: Engine,
    account: str,
    workflow_name: str,
    namespace: str,
    given: JsonObject,
    by: Json,
    traceparent: str | None,
) -> Instance:
    """Create an instance of the published version and answer it where it first rests, or where the budget ends.

    Raises:
        WorkflowNotFoundError, WorkflowNotPublishedError: when there is nothing to run.
        InvalidRequestError: when the input does not fit the definition's ``input_schema``.
        NamespaceQuotaExceededError: when the namespace is full.
    """
    workflow = engine.definitions.workflow(account, workflow_name)
    if workflow is None:
        raise WorkflowNotFoundError(workflow_name)
    if workflow.published_version_id is None:
        raise WorkflowNotPublishedError(
            f"Workflow '{workflow_name}' has no published version; "
            f"publish one with POST /workflows/{workflow_name}/versions/{workflow.latest_version_id}/publish"
        )
    definition = engine.definitions.definition(account, workflow_name, workflow.published_version_id)
    if definition.input_schema is not None:
        problems = check_input(definition.input_schema, given)
        if problems:
            raise InvalidRequestError("The input does not fit the workflow's input_schema", problems)
    now = engine.world.now()
    deadline = now + engine.rules.inline_budget
    instance = _new(
        engine, account, namespace, workflow_name, workflow.workflow_id, workflow.published_version_id,
        definition.initial_state, given, traceparent, now,
    )  # fmt: skip
    advance = Advance(definition, instance, MAIN, by)
    advance.created(now)
    engine.run_pure(account, advance, deadline)
    head = _store(engine, instance, advance)
    return engine.carry_on(definition, head, by, deadline).instance


def _new(
    engine: Engine, account: str, namespace: str, name: str, workflow_id: str, version_id: str, initial_state: str,
    given: JsonObject, traceparent: str | None, now: Millis,
) -> Instance:  # fmt: skip
    main = Thread(MAIN, initial_state, Phase.ENTER, sequence=0, entered_at=now, input=given, trigger=INPUT)
    return Instance(
        id=engine.world.new_id("inst"),
        account=account,
        namespace=namespace,
        workflow_id=workflow_id,
        workflow_name=name,
        version_id=version_id,
        created_at=now,
        updated_at=now,
        status="running",
        status_since=now,
        threads={MAIN: main},
        traceparent=traceparent,
    )


def _store(engine: Engine, instance: Instance, advance: Advance) -> Head:
    definition = engine.definition_of(instance)
    for attempt in range(COMMIT_ATTEMPTS):
        commit_id = engine.world.entropy(16).hex()
        settled = settle(definition, instance, advance.change(), engine.world.now(), bytes.fromhex(commit_id))
        wake = wake_at(settled.instance, engine.rules.lifetimes)
        try:
            return engine.instances.create(settled, commit_id, engine.rules.quota, wake)
        except ContendedError:
            engine.world.pause(attempt)
    raise StoreUnavailableError("the namespace's counter stayed contended")
