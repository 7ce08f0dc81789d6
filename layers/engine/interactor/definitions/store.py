"""Workflows, their versions, and the versions' documents: as posted, and as the engine reads them.

A workflow is a head item with its pointers, and a copy of it in the account's list. A version is a header and two
documents in chunks, because a definition of a megabyte does not fit into one item. The pointer to the published version
is read each time. A version never changes, so it is cached in memory, up to a number of bytes; the least recently used
one is dropped first.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from threading import Lock

from interactor.aws.dynamo import generations, items, keys
from interactor.aws.dynamo.items import Item, b, n, s
from interactor.aws.dynamo.table import ConditionFailedError, Page, Table
from interactor.core import jsons, releases
from interactor.core.errors import ConcurrentModificationError, WorkflowExistsError
from interactor.core.storing import GuardLostError, KeyTakenError
from interactor.definitions.rules.model import Definition, OtherCompilerError
from interactor.definitions.stored import Version, Workflow

CACHE_BYTES = 16 * 2**20
_POSTED, _COMPILED = "posted", "compiled"
_OF_WORKFLOW = {"pk", "sk", "name", "workflow_id", "created_at", "latest", "published", "edition"}


class DefinitionStore:
    """Workflows and versions in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._cache: OrderedDict[tuple[str, str, str], tuple[int, Definition]] = OrderedDict()
        self._cached_bytes = 0
        # The local run serves requests from several OS threads of one process.
        self._lock = Lock()

    def workflow(self, account: str, name: str) -> Workflow | None:
        """Return a workflow's pointers, read consistently."""
        item = self._table.get(items.key(keys.workflow(account, name), keys.HEAD))
        return None if item is None else _read_workflow(item)

    def generation(self, account: str) -> int:
        """Return how often a workflow was created in an account."""
        return generations.read(self._table, account, generations.WORKFLOWS)

    def has_workflows(self, account: str, most: int) -> bool:
        """Return whether an account has at least ``most`` workflows. This does not use an index."""
        found = self._table.query_all(keys.workflows(account))
        return sum(1 for _ in islice(found, most)) >= most

    def has_versions(self, account: str, name: str, most: int) -> bool:
        """Return whether a workflow has at least ``most`` versions."""
        found = self._table.query_all(keys.workflow(account, name), begins_with="V#")
        return sum(1 for _ in islice(found, most)) >= most

    def add_version(
        self,
        account: str,
        workflow: Workflow,
        version: Version,
        posted: bytes,
        compiled: bytes,
        token: str,
        extra: Sequence[Item] = (),
        generation: int | None = None,
    ) -> None:
        """Store a draft: the first version of a new workflow, or the next one of a workflow whose edition was just
        raised.

        ``extra`` writes go into the same transaction. ``generation`` is that of the account's workflows; the new one
        must be the first since it was read.

        Raises:
            WorkflowExistsError: the name of a new workflow is taken.
            GuardLostError: another workflow was created since ``generation`` was read.
            KeyTakenError: an extra write is refused.
            ConcurrentModificationError: the workflow was changed in between.
        """
        partition = keys.workflow(account, workflow.name)
        writes = [*self._workflow_writes(account, workflow), {"Put": {"Item": _version_item(partition, version)}}]
        for kind, document in ((_POSTED, posted), (_COMPILED, compiled)):
            for number, chunk in enumerate(items.cut(items.pack_bytes(document))):
                place = items.key(partition, keys.chunk(kind, version.version_id, number))
                writes.append({"Put": {"Item": {**place, "doc": b(chunk)}}})
        if generation is not None:
            writes.insert(0, generations.raised(account, generations.WORKFLOWS, generation))
        self._transact(writes, extra, token, workflow, counted=generation is not None)

    def publish(
        self, account: str, workflow: Workflow, changed: list[Version], token: str, extra: Sequence[Item] = ()
    ) -> None:
        """Store a workflow's new pointers, with the versions whose status changed.

        Raises:
            ConcurrentModificationError: the workflow was changed in between.
            KeyTakenError: an extra write is refused.
        """
        partition = keys.workflow(account, workflow.name)
        writes = self._workflow_writes(account, workflow)
        writes += [{"Put": {"Item": _version_item(partition, version)}} for version in changed]
        self._transact(writes, extra, token, workflow)

    def version(self, account: str, name: str, version_id: str) -> Version | None:
        """Return a version's header."""
        item = self._table.get(items.key(keys.workflow(account, name), keys.version(version_id)))
        return None if item is None else _read_version(item)

    def posted(self, account: str, name: str, version_id: str) -> bytes:
        """Return the definition as it was posted: JSON text."""
        return self._document(account, name, version_id, _POSTED)

    def definition(self, account: str, name: str, version_id: str) -> Definition:
        """Return the definition as the engine reads it.

        Raises:
            LaterReleaseError: it needs what only a later release knows.
        """
        key = (account, name, version_id)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key][1]
        raw = self._document(account, name, version_id, _COMPILED)
        try:
            definition = Definition.load(jsons.loads_own(raw))
        except OtherCompilerError:
            from interactor.definitions.rules.compile import compile_definition

            posted = {"name": name, **jsons.loads_own(self.posted(account, name, version_id))}
            definition = compile_definition(posted)
        self._keep(key, len(raw), definition)
        return definition

    def _keep(self, key: tuple[str, str, str], size: int, definition: Definition) -> None:
        with self._lock:
            if key in self._cache:
                return
            self._cache[key] = size, definition
            self._cached_bytes += size
            while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
                _, (gone, _) = self._cache.popitem(last=False)
                self._cached_bytes -= gone

    def workflows(self, account: str, below: str | None, limit: int) -> tuple[list[Workflow], str | None]:
        """Return a page of the account's workflows, newest first, and the position of the next page."""
        partition = keys.workflows(account)
        page = self._table.query(
            partition, newest_first=True, limit=limit, after=None if below is None else items.key(partition, below)
        )
        return [_read_workflow(item) for item in page.items], _position(page)

    def versions(self, account: str, name: str, below: str | None, limit: int) -> tuple[list[Version], str | None]:
        """Return a page of a workflow's versions, newest first, and the position of the next page."""
        partition = keys.workflow(account, name)
        after = None if below is None else items.key(partition, below)
        page = self._table.query(partition, begins_with="V#", newest_first=True, limit=limit, after=after)
        return [_read_version(item) for item in page.items], _position(page)

    def _document(self, account: str, name: str, version_id: str, kind: str) -> bytes:
        found = self._table.query_all(keys.workflow(account, name), begins_with=keys.chunks(kind, version_id))
        return items.unpack_bytes(items.joined(found))

    def _workflow_writes(self, account: str, workflow: Workflow) -> list[Item]:
        attributes = {
            **workflow.later,
            "name": s(workflow.name),
            "workflow_id": s(workflow.workflow_id),
            "created_at": n(workflow.created_at),
            "latest": s(workflow.latest_version_id),
            "edition": n(workflow.edition),
        } | ({"published": s(workflow.published_version_id)} if workflow.published_version_id else {})
        head: Item = {"Item": items.key(keys.workflow(account, workflow.name), keys.HEAD) | attributes}
        if workflow.edition == 1:
            head["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            head["ConditionExpression"] = "edition = :before"
            head["ExpressionAttributeValues"] = {":before": n(workflow.edition - 1)}
        listed = items.key(keys.workflows(account), workflow.workflow_id) | attributes
        return [{"Put": head}, {"Put": {"Item": listed}}]

    def _transact(
        self, writes: list[Item], extra: Sequence[Item], token: str, workflow: Workflow, counted: bool = False
    ) -> None:
        try:
            self._table.transact([*writes, *extra], token)
        except ConditionFailedError as refused:
            if any(position >= len(writes) for position in refused.failed):
                raise KeyTakenError from None
            if counted and [*refused.failed] == [0]:
                raise GuardLostError from None
            name = workflow.name
            if workflow.edition == 1:
                raise WorkflowExistsError(
                    f"A workflow named '{name}' exists; POST /workflows/{name}/versions makes its next version"
                ) from None
            raise ConcurrentModificationError(f"Workflow '{name}' was changed by another request; try again") from None


def _version_item(partition: str, version: Version) -> Item:
    item = {**version.later, **items.key(partition, keys.version(version.version_id))}
    item["created_at"] = n(version.created_at)
    for name in ("published_at", "superseded_at"):
        moment = getattr(version, name)
        if moment is not None:
            item[name] = n(moment)
    return item


def _read_version(item: Item) -> Version:
    return Version(
        version_id=items.text(item, "sk").removeprefix("V#"),
        created_at=items.number(item, "created_at"),
        published_at=items.number(item, "published_at") if "published_at" in item else None,
        superseded_at=items.number(item, "superseded_at") if "superseded_at" in item else None,
        later=releases.later(item, ("pk", "sk", "created_at", "published_at", "superseded_at")),
    )


def _read_workflow(item: Item) -> Workflow:
    return Workflow(
        name=items.text(item, "name"),
        workflow_id=items.text(item, "workflow_id"),
        created_at=items.number(item, "created_at"),
        latest_version_id=items.text(item, "latest"),
        published_version_id=items.text(item, "published") if "published" in item else None,
        edition=items.number(item, "edition"),
        later=releases.later(item, _OF_WORKFLOW),
    )


def _position(page: Page) -> str | None:
    return None if page.next_key is None else items.text(page.next_key, "sk")
