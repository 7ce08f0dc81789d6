"""Files in the table: one item each, in a partition beside their instance's, and a counter for each field of a halt.

Reads of the instance never read these items. An announcement writes file and counter in one transaction, so that no
number of simultaneous requests exceeds a bound.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n, s
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core import releases
from interactor.core.limits import UPLOADS_PER_FIELD
from interactor.core.storing import GuardLostError, KeyTakenError
from interactor.files.errors import FieldFullError, NotReplaceableError
from interactor.forms.field_types import MAX_FILES
from interactor.forms.file_fields import File

REMOVED_PER_CALL = 100
SCHEMA: Final = 1
READABLE: Final = 1
_MEMBERS: Final = {"field", "thread", "sequence", "name", "content_type", "size"}
_ADDED, _COUNTED, _REPLACED = 0, 1, 2


class FileStore:
    """Files of all instances, read consistently."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(
        self, account: str, instance_id: str, file: File, replaces: str | None, token: str, extra: Sequence[Item] = ()
    ) -> None:
        """Store an announced file, in place of another one of its field and halt if it replaces one.

        Raises:
            FieldFullError: the field has its maximum number of files, or too many were announced for it.
            NotReplaceableError: the other file does not belong to the field, was replaced before, or was taken by a
                resume.
            KeyTakenError: an extra write is refused.
            ContendedError, StoreUnavailableError: as for ``Table.transact``.
        """
        partition = keys.files(account, instance_id)
        writes: list[Item] = [
            {"Put": {"Item": _item(partition, file), "ConditionExpression": "attribute_not_exists(pk)"}},
            {"Update": _count(partition, file, replaces is not None)},
        ]
        if replaces is not None:
            writes.append({"Update": _replace(items.key(partition, replaces), file)})
        try:
            self._table.transact([*writes, *extra], token)
        except ConditionFailedError as refused:
            if any(position >= len(writes) for position in refused.failed):
                raise KeyTakenError from None
            if _REPLACED in refused.failed:
                raise NotReplaceableError from None
            if _COUNTED in refused.failed:
                found = refused.failed[_COUNTED]
                raise FieldFullError(found is not None and items.number(found, "begun") >= UPLOADS_PER_FIELD) from None
            raise

    def get(self, account: str, instance_id: str, file_id: str) -> File | None:
        """Return one file, if no other has replaced it."""
        item = self._table.get(items.key(keys.files(account, instance_id), file_id))
        return None if item is None or "replaced_by" in item else _read(item)

    def get_all(self, account: str, instance_id: str, file_ids: Sequence[str]) -> list[File]:
        """Return those of these files that exist and that no others have replaced."""
        partition = keys.files(account, instance_id)
        found = self._table.batch_get([items.key(partition, each) for each in file_ids])
        return [_read(item) for item in found if "replaced_by" not in item]

    def keep(self, account: str, instance_id: str, file: File, version: str) -> None:
        """Store which contents of a file a resume takes. The first time is final.

        Raises:
            GuardLostError: other contents were taken, or the file was replaced or removed.
        """
        try:
            self._table.update(
                items.key(keys.files(account, instance_id), file.id),
                UpdateExpression="SET content_version = :version",
                ConditionExpression="attribute_exists(pk) AND attribute_not_exists(replaced_by) "
                "AND (attribute_not_exists(content_version) OR content_version = :version)",
                ExpressionAttributeValues={":version": s(version)},
            )
        except ConditionFailedError:
            raise GuardLostError from None

    def any_left(self, account: str, instance_id: str) -> bool:
        """Whether the instance has items here."""
        return bool(self._table.query(keys.files(account, instance_id), limit=1).items)

    def remove(self, account: str, instance_id: str) -> bool:
        """Remove a page of an instance's items. Return True if none is left."""
        partition = keys.files(account, instance_id)
        page = self._table.query(partition, limit=REMOVED_PER_CALL)
        self._table.batch_delete([items.key(partition, items.text(each, "sk")) for each in page.items])
        return page.next_key is None


def _item(partition: str, file: File) -> Item:
    document = {
        "schema": SCHEMA,
        "field": file.field,
        "thread": file.thread,
        "sequence": file.sequence,
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
    }
    return items.key(partition, file.id) | {"halt_field": s(_halt_field(file)), "doc": b(items.pack(document))}


def _count(partition: str, file: File, in_place: bool) -> Item:
    """Return the write that counts one more announced file and, unless it replaces another, one more file."""
    values = {":one": n(1), ":added": n(0 if in_place else 1), ":begun": n(UPLOADS_PER_FIELD)}
    room = "" if in_place else " AND live < :live"
    return {
        "Key": items.key(partition, keys.file_count(file.sequence, file.field)),
        "UpdateExpression": "ADD begun :one, live :added",
        "ConditionExpression": f"attribute_not_exists(pk) OR (begun < :begun{room})",
        "ExpressionAttributeValues": values if in_place else values | {":live": n(MAX_FILES)},
    }


def _replace(key: Item, file: File) -> Item:
    return {
        "Key": key,
        "UpdateExpression": "SET replaced_by = :file",
        "ConditionExpression": "halt_field = :of AND attribute_not_exists(replaced_by) "
        "AND attribute_not_exists(content_version)",
        "ExpressionAttributeValues": {":file": s(file.id), ":of": s(_halt_field(file))},
    }


def _halt_field(file: File) -> str:
    return f"{file.sequence}#{file.field}"


def _read(item: Item) -> File:
    document = items.unpack(item["doc"]["B"])
    releases.require_readable(document, READABLE, "the file")
    members = {name: value for name, value in document.items() if name in _MEMBERS}
    file = File(id=items.text(item, "sk"), **members)
    return replace(file, version=items.text(item, "content_version")) if "content_version" in item else file
