"""Workflows: validate, create, add a version, publish, and read them (rulings 1 to 3)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from interactor.core import jsons
from interactor.core.errors import (
    AlreadyPublishedError,
    InvalidWorkflowError,
    VersionQuotaExceededError,
    WorkflowExistsError,
    WorkflowQuotaExceededError,
)
from interactor.core.jsons import JsonObject
from interactor.core.storing import ContendedError, GuardLostError, Item, StoreBusyError
from interactor.core.world import World
from interactor.definitions.lookup import find_version, find_workflow
from interactor.definitions.stored import Version, Workflow

if TYPE_CHECKING:
    from interactor.definitions.rules.logic import ScriptChecker
    from interactor.definitions.rules.report import Problem
    from interactor.definitions.store import DefinitionStore

ATTEMPTS = 12


@dataclass(frozen=True)
class Made:
    """A workflow with the version that was created or published. ``warnings`` have the form of ``listed``."""

    workflow: Workflow
    version: Version
    warnings: tuple[JsonObject, ...] = ()


@dataclass(frozen=True)
class Posted:
    """A posted definition: parsed, as text, and whether warnings refuse it (ruling 3)."""

    document: JsonObject
    text: bytes
    strict: bool = False


Also = Callable[[Made], Item]
"""Returns one more write for a transaction, made from what it stores: the record of an idempotency key."""


@dataclass(frozen=True)
class Definitions:
    """What the use cases of this module share."""

    world: World
    store: "DefinitionStore"
    check_script: "ScriptChecker"
    most_workflows: int | None = None
    """Of an account. None: no limit."""
    most_versions: int | None = None
    """Of a workflow. None: no limit."""


def create(definitions: Definitions, account: str, posted: Posted, also: Also | None = None) -> Made:
    """Create a workflow with its first version, a draft.

    Raises:
        InvalidWorkflowError: the definition has errors; it has all of them.
        WorkflowExistsError: the name is taken.
        WorkflowQuotaExceededError: the account already has the maximum number of workflows.
    """
    warnings = _judged(definitions, posted)
    name = str(posted.document["name"])
    if definitions.store.workflow(account, name) is not None:
        raise WorkflowExistsError(
            f"A workflow named '{name}' exists; POST /workflows/{name}/versions makes its next version"
        )
    now = definitions.world.now()
    version = Version(definitions.world.new_id("v"), now)
    workflow = Workflow(name, definitions.world.new_id("wf"), now, version.version_id)
    return _add(definitions, account, Made(workflow, version, warnings), posted, also)


def add_version(definitions: Definitions, account: str, name: str, posted: Posted, also: Also | None = None) -> Made:
    """Create the next draft version of a workflow.

    Raises:
        WorkflowNotFoundError: there is no such workflow.
        InvalidWorkflowError: the definition has errors, or the name in the body is not the workflow's.
        VersionQuotaExceededError: the workflow already has the maximum number of versions.
    """
    workflow = find_workflow(definitions.store, account, name)
    if "name" in posted.document and posted.document["name"] != name:
        problem = {"path": "name", "message": f"The definition's name must be '{name}', as in the path"}
        raise InvalidWorkflowError("The definition is for another workflow", [problem])
    posted = replace(posted, document={"name": name, **posted.document})
    warnings = _judged(definitions, posted)
    most = definitions.most_versions
    # If two requests count the same, the edition accepts only one.
    if most is not None and definitions.store.has_versions(account, name, most):
        raise VersionQuotaExceededError(
            f"Workflow '{name}' has {most} versions, as many as it may; publish one of them, or make another workflow"
        )
    version = Version(definitions.world.new_id("v"), definitions.world.now())
    changed = workflow.pointing(latest=version.version_id)
    return _add(definitions, account, Made(changed, version, warnings), posted, also)


def publish(definitions: Definitions, account: str, name: str, version_id: str, also: Also | None = None) -> Made:
    """Make a version the one that new instances run. Publishing a superseded one again is a rollback (ruling 2).

    Raises:
        WorkflowNotFoundError, VersionNotFoundError: there is no such version.
        AlreadyPublishedError: it is already the published one.
        ConcurrentModificationError: the workflow was changed in between.
    """
    workflow = find_workflow(definitions.store, account, name)
    version = find_version(definitions.store, account, name, version_id)
    if workflow.published_version_id == version_id:
        raise AlreadyPublishedError(f"Version '{version_id}' of workflow '{name}' is the published one already")
    now = definitions.world.now()
    published = replace(version, published_at=now, superseded_at=None)
    changed = [published]
    if workflow.published_version_id is not None:
        old = find_version(definitions.store, account, name, workflow.published_version_id)
        changed.append(replace(old, superseded_at=now))
    pointed = workflow.pointing(published=version_id)
    made = Made(pointed, published)
    extra = [also(made)] if also is not None else []
    _insist(definitions.world, lambda token: definitions.store.publish(account, pointed, changed, token, extra))
    return made


def _judged(definitions: Definitions, posted: Posted) -> tuple[JsonObject, ...]:
    """Return the warnings of a definition that is accepted.

    Raises:
        InvalidWorkflowError: it has errors, or, with strict checking, warnings.
    """
    from interactor.definitions.rules.check import check

    verdict = check(posted.document, definitions.check_script)
    if posted.strict:
        verdict = verdict.strictly()
    if verdict.errors:
        count = len(verdict.errors)
        what = "an error" if count == 1 else f"{count} errors"
        raise InvalidWorkflowError(f"The definition has {what}; details lists them", listed(verdict.errors))
    return tuple(listed(verdict.warnings))


def listed(problems: "tuple[Problem, ...]") -> list[JsonObject]:
    """Return problems in the form that answers have."""
    return [{"path": problem.path, "message": problem.message} for problem in problems]


def _add(definitions: Definitions, account: str, made: Made, posted: Posted, also: Also | None) -> Made:
    from interactor.definitions.rules.compile import compile_definition

    compiled = jsons.encode(compile_definition(posted.document).to_json())
    extra = [also(made)] if also is not None else []
    store, most = definitions.store, definitions.most_workflows

    def write(token: str) -> None:
        generation = None
        if most is not None and made.workflow.edition == 1:
            generation = store.generation(account)
            if store.has_workflows(account, most):
                raise WorkflowQuotaExceededError(
                    f"The account has {most} workflows, as many as it may; make a version of one of them instead"
                )
        store.add_version(account, made.workflow, made.version, posted.text, compiled, token, extra, generation)

    _insist(definitions.world, write)
    return made


def _insist(world: World, write: Callable[[str], None]) -> None:
    for attempt in range(ATTEMPTS):
        try:
            write(world.entropy(16).hex())
            return
        except (ContendedError, GuardLostError):
            world.pause(attempt)
    raise StoreBusyError("the workflow stayed contended")
