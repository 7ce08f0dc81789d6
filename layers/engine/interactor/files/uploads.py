"""Files of forms: announced, uploaded directly to S3, taken by a resume, shown, and deleted after the end (ruling 16).

An upload changes nothing of its instance. A resume looks in the bucket for the files that its input refers to before
the input is checked, and pins those contents before the commit. So what was decided on cannot be exchanged afterwards.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from interactor.core import ids
from interactor.core.errors import (
    ConcurrentModificationError,
    InstanceNotHaltedError,
    InvalidRequestError,
    StoredFileNotFoundError,
)
from interactor.core.jsons import JsonObject
from interactor.core.limits import DOWNLOAD_LIFETIME, UPLOAD_LIFETIME, UPLOADS_PER_FIELD
from interactor.core.storing import ContendedError, GuardLostError, Item, StoreBusyError
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.files.errors import FieldFullError, NotReplaceableError
from interactor.forms import file_fields
from interactor.forms.field_types import MAX_FILES
from interactor.forms.file_fields import Content, File, Upload, Uploads
from interactor.instances.rules.instance import Instance, Phase, Thread

if TYPE_CHECKING:
    from interactor.files.store import FileStore

ATTEMPTS = 24
AT_ONCE = 10
"""Questions to S3 that one resume asks at the same time."""


class Contents(Protocol):
    """The bucket with the contents."""

    def upload(self, account: str, instance_id: str, file: File, lifetime: Millis) -> tuple[str, dict[str, str]]:
        """Return a URL to which to post a form, and the fields that must come before the file."""

    def download(self, account: str, instance_id: str, file: File, content: Content, lifetime: Millis) -> str:
        """Return a URL for exactly these contents."""

    def content(self, account: str, instance_id: str, file: File) -> Content | None:
        """Return what was uploaded for a file."""

    def remove(self, account: str, instance_id: str) -> bool:
        """Delete a page of what an instance has. Return True if nothing is left."""


@dataclass(frozen=True)
class Announced:
    """What a request says of a file. ``size`` is in bytes. ``replaces`` is the id of the file that it replaces."""

    field: str
    name: str
    content_type: str
    size: int
    replaces: str | None = None


@dataclass(frozen=True)
class Begun:
    """An upload that may begin: a form with ``fields`` and then the file, to be posted to ``url``."""

    file: File
    url: str
    fields: Mapping[str, str]
    expires_at: Millis


@dataclass(frozen=True)
class Shown:
    """A file, and a link to its contents that is valid until ``expires_at``."""

    file: File
    url: str
    expires_at: Millis


class Files:
    """The files of all instances. ``bucket`` is called only if contents matter, because its client is slow to start."""

    def __init__(self, world: World, store: "FileStore", bucket: Callable[[], Contents]) -> None:
        self._world = world
        self._store = store
        self._bucket = bucket

    def begin(
        self, instance: Instance, thread: Thread, asked: Announced, also: Callable[[Begun], Item] | None = None
    ) -> Begun:
        """Announce a file for a field of the form that a thread waits with.

        Raises:
            InstanceNotHaltedError: the thread is not halted.
            InvalidRequestError: the form has no such field, or the field does not accept the file.
            KeyTakenError: what ``also`` writes is refused.
        """
        if thread.phase is not Phase.HALTED:
            raise InstanceNotHaltedError(
                f"Instance '{instance.id}' does not wait for an input: thread '{thread.id}' is at '{thread.state}'",
                {"status": instance.status, "current_state": thread.state},
            )
        if asked.replaces is not None and not ids.is_id(asked.replaces, "file"):
            # Only an id becomes a key. Otherwise the text could reach other items of the field.
            raise _not_replaceable(asked.field)
        content_type = file_fields.plain_type(asked.content_type)
        _require_fitting(thread, asked, content_type)
        now = self._world.now()
        file = File(
            id=self._world.new_id("file"),
            field=asked.field,
            thread=thread.id,
            sequence=thread.sequence,
            name=asked.name,
            content_type=content_type,
            size=asked.size,
        )
        url, fields = self._bucket().upload(instance.account, instance.id, file, UPLOAD_LIFETIME)
        begun = Begun(file, url, fields, now + UPLOAD_LIFETIME)
        extra = [] if also is None else [also(begun)]
        for attempt in range(ATTEMPTS):
            token = self._world.entropy(16).hex()
            try:
                self._store.add(instance.account, instance.id, file, asked.replaces, token, extra)
                return begun
            except FieldFullError as full:
                raise _full(asked.field, full.for_good) from None
            except NotReplaceableError:
                raise _not_replaceable(asked.field) from None
            except ContendedError:
                self._world.pause(attempt)
        raise StoreBusyError("other files of the field kept coming first")

    def sent(self, instance: Instance, thread: Thread, submitted: JsonObject) -> Uploads:
        """Return the files that an input refers to and that belong to this halt, each with what was uploaded for it."""
        if thread.halt is None:
            return {}
        wanted = file_fields.referred(thread.halt.presentation, submitted)
        if not wanted:
            return {}
        found = [
            each
            for each in self._store.get_all(instance.account, instance.id, list(wanted))
            if each.belongs(wanted[each.id], thread.sequence)
        ]
        if not found:
            return {}
        bucket = self._bucket()

        def look(file: File) -> Upload:
            return Upload(file, bucket.content(instance.account, instance.id, file))

        if len(found) == 1:
            return {found[0].id: look(found[0])}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return {upload.file.id: upload for upload in pool.map(look, found)}

    def keep(self, instance: Instance, uploads: Uploads) -> None:
        """Pin the files of a resume to the contents that were checked.

        Raises:
            ConcurrentModificationError: another resume has taken other contents, or a file was replaced.
        """
        for upload in uploads.values():
            content = upload.content
            if content is None or content.version is None or content.version == upload.file.version:
                continue
            try:
                self._store.keep(instance.account, instance.id, upload.file, content.version)
            except GuardLostError:
                raise ConcurrentModificationError(
                    f"File '{upload.file.id}' was changed by another request; resume again"
                ) from None

    def show(self, instance: Instance, file_id: str, ended_since: Millis) -> Shown:
        """Return a file of an instance with a link to its contents. Instances that ended too long ago have no files.

        Raises:
            StoredFileNotFoundError: there is none, nothing was uploaded for it, or its time is over.
        """
        now = self._world.now()
        past = instance.ended_at is not None and instance.ended_at <= ended_since
        account = instance.account
        file = None if past or not ids.is_id(file_id, "file") else self._store.get(account, instance.id, file_id)
        content = None if file is None else self._bucket().content(account, instance.id, file)
        if file is None or content is None:
            raise StoredFileNotFoundError(file_id)
        url = self._bucket().download(account, instance.id, file, content, DOWNLOAD_LIFETIME)
        return Shown(file, url, now + DOWNLOAD_LIFETIME)

    def remove(self, instance: Instance) -> bool:
        """Delete what an instance has here: contents first, a page of each. Return True if nothing is left.

        Raises:
            StoreUnavailableError: table or bucket do not accept it.
        """
        if not self._store.any_left(instance.account, instance.id):
            return True
        if not self._bucket().remove(instance.account, instance.id):
            return False
        return self._store.remove(instance.account, instance.id)


def _require_fitting(thread: Thread, asked: Announced, content_type: str) -> None:
    form = file_fields.fields_of(thread.halt.presentation) if thread.halt is not None else {}
    field = form.get(asked.field)
    if field is None:
        names = ", ".join(form) or "none"
        message = f"The form at '{thread.state}' has no file field '{asked.field[:100]}'; its file fields: {names}"
        raise InvalidRequestError(message, [{"field": "field", "message": message}])
    wrong = list(file_fields.problems(field, asked.name, content_type, asked.size))
    if wrong:
        raise InvalidRequestError(f"'{asked.field}' does not take this file; details lists why", list(wrong))


def _not_replaceable(field: str) -> InvalidRequestError:
    message = f"names no file of '{field[:100]}' in this halt that can still be replaced"
    return InvalidRequestError("The file cannot be announced", [{"field": "replaces", "message": message}])


def _full(field: str, for_good: bool) -> InvalidRequestError:
    if for_good:
        message = f"'{field}' has had {UPLOADS_PER_FIELD} files announced in this halt, and takes no more"
    else:
        message = (
            f"'{field}' has {MAX_FILES} files already, as many as it takes; "
            "name the one that this file takes the place of in replaces"
        )
    return InvalidRequestError(message, [{"field": "field", "message": message}])
