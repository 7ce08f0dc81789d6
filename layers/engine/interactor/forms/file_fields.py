"""Files that people send with a form: which ones a field accepts, and what an upload becomes in the data (ruling 16).

A file belongs to one field of one halt. The sequence names the halt, because no two halts have the same one. The file's
name is data: no key, path or header contains it as it came.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import quote

from interactor.core import ids
from interactor.core.jsons import Json, JsonObject
from interactor.core.limits import FILE_BYTES, FILE_NAME_BYTES
from interactor.forms.field_types import MAX_FILES, Wrong

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#&^_.+-]{0,62}/[a-z0-9][a-z0-9!#&^_.+-]{0,62}", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._()-]", re.ASCII)
_SEPARATORS = re.compile(r"[/\\:]")
_UNSEEN = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Line ends, and marks that change the direction of a name so that it reads like another one."""


@dataclass(frozen=True)
class File:
    """One file that was announced. ``size`` is in bytes.

    ``version``: which of the uploads under its key a resume has taken, after one has.
    """

    id: str
    field: str
    thread: str
    sequence: int
    name: str
    content_type: str
    size: int
    version: str | None = None

    def belongs(self, field: str, sequence: int) -> bool:
        """Whether it was announced for this field of this halt."""
        return (self.field, self.sequence) == (field, sequence)

    @property
    def value(self) -> JsonObject:
        """Return what the file is in ``workflow_data``."""
        return {"id": self.id, "name": self.name, "content_type": self.content_type, "size": self.size}


@dataclass(frozen=True)
class Content:
    """What the bucket has under a file's key."""

    content_type: str
    size: int
    version: str | None


@dataclass(frozen=True)
class Upload:
    """A file of the halt that is resumed, and what was uploaded for it. None: nothing yet."""

    file: File
    content: Content | None


Uploads = Mapping[str, Upload]
"""By file id: the files that a resume may refer to."""


def fields_of(presentation: JsonObject) -> dict[str, JsonObject]:
    """Return the file fields of a form by name."""
    fields = presentation.get("fields") if presentation.get("type") == "form" else None
    return {
        field["name"]: field
        for field in (fields if isinstance(fields, list) else [])
        if isinstance(field, dict) and field.get("type") == "file" and isinstance(field.get("name"), str)
    }


def referred(presentation: JsonObject, submitted: JsonObject) -> dict[str, str]:
    """Return the well-formed file ids of an input, with the field of each.

    More ids than a field accepts are left out.
    """
    found: dict[str, str] = {}
    for name in fields_of(presentation):
        sent = submitted.get(name)
        listed = sent if isinstance(sent, list) else [sent]
        if len(listed) <= MAX_FILES:
            found |= {each: name for each in listed if isinstance(each, str) and ids.is_id(each, "file")}
    return found


def names_uploads(value: Json) -> TypeGuard[str | list[str]]:
    """Whether the value that a form has read for a file field is ids.

    The default that it shows has files themselves.
    """
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def plain_type(content_type: str) -> str:
    """Return a content type in lower case and without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def problems(field: JsonObject, name: str, content_type: str, size: int) -> Iterator[JsonObject]:
    """Yield what is wrong with a file that is announced for a field, by the member of the announcement."""
    wrong = _name_problem(name)
    if wrong is not None:
        yield {"field": "name", "message": wrong}
    if _TYPE.fullmatch(content_type) is None:
        yield {"field": "content_type", "message": "must be a media type such as application/pdf"}
    elif not accepts(field, name, content_type):
        yield {"field": "content_type", "message": f"'{field['name']}' {_not_accepted(field, content_type)}"}
    most = most_bytes(field)
    if not 1 <= size <= most:
        yield {"field": "size", "message": f"'{field['name']}' takes files of 1 to {most} bytes, not {size}"}


def taken(field: JsonObject, sent: Json, uploads: Uploads) -> Json | Wrong:
    """Return what goes into the data for ids that the form has read: an object for one id, a list for a list.

    Every id that is no file of this field and halt gets the same refusal, which says nothing about others' files.
    """
    listed = sent if isinstance(sent, list) else [sent]
    if len(set(listed)) < len(listed):
        return Wrong("names a file more than once")
    if len(listed) > 1 and field.get("multiple") is False:
        return Wrong("takes one file only")
    values: list[Json] = []
    for each in listed:
        upload = uploads.get(each)
        if upload is None or upload.file.field != field.get("name"):
            return Wrong(f"names no file that was announced for it in this halt ({each}); POST .../files announces one")
        wrong = _content_problem(field, upload)
        if wrong is not None:
            return Wrong(f"{wrong} ({each})")
        values.append(upload.file.value)
    return values if isinstance(sent, list) else values[0]


def accepts(field: JsonObject, name: str, content_type: str) -> bool:
    """Whether a field's ``accept`` allows a file. As in HTML, it is a list of media types, ``image/*`` and ``.pdf``."""
    accept = field.get("accept")
    patterns = [each for part in accept.split(",") if (each := part.strip().lower())] if isinstance(accept, str) else []
    return not patterns or any(_matches(each, name.lower(), content_type) for each in patterns)


def most_bytes(field: JsonObject) -> int:
    """Return the largest size in bytes that a field accepts: its ``maxSize``, never more than 10 MB."""
    most = field.get("maxSize")
    return min(most, FILE_BYTES) if isinstance(most, int) and not isinstance(most, bool) else FILE_BYTES


def disposition(name: str) -> str:
    """Return ``Content-Disposition`` for a download: never shown in the browser, and a name without folders (RFC 6266,
    RFC 8187).
    """
    safe = _SEPARATORS.sub("_", "".join(each for each in name if not _unseen(each))).strip(". ") or "file"
    letters = "".join(each for each in unicodedata.normalize("NFKD", safe) if not unicodedata.combining(each))
    plain = _UNSAFE.sub("_", letters) or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _matches(pattern: str, name: str, content_type: str) -> bool:
    if "/" not in pattern:
        return name.endswith(f".{pattern.removeprefix('.')}")
    kind, _, subtype = pattern.partition("/")
    return pattern in ("*/*", content_type) or (subtype == "*" and content_type.startswith(f"{kind}/"))


def _not_accepted(field: JsonObject, content_type: str) -> str:
    return f"takes {str(field.get('accept'))[:200]}, not {content_type}"


def _name_problem(name: str) -> str | None:
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "must be text that UTF-8 can hold"
    if not 1 <= length <= FILE_NAME_BYTES:
        return f"must have 1 to {FILE_NAME_BYTES} bytes as UTF-8, and has {length}"
    if any(_unseen(each) for each in name):
        return "must have no control characters, and none that turn its direction round"
    return None if name.strip(". ") else "must be more than dots and spaces"


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _UNSEEN


def _content_problem(field: JsonObject, upload: Upload) -> str | None:
    file, content = upload.file, upload.content
    if content is None:
        return "was announced, but nothing was uploaded yet: send it to the url that POST .../files gave"
    if content.size > most_bytes(field):
        return f"takes files of at most {most_bytes(field)} bytes, and this one has {content.size}"
    if not accepts(field, file.name, content.content_type):
        return _not_accepted(field, content.content_type)
    if (content.size, content.content_type) != (file.size, file.content_type):
        told = f"{file.size} bytes of {file.content_type}"
        return f"was announced with {told}, but {content.size} bytes of {content.content_type} were uploaded"
    return None
