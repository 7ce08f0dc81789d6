"""What the engine must be given to reach beyond an instance: hints at steps, files of halts, groups of people."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.forms.file_fields import Uploads
from interactor.instances.rules.instance import Instance, Thread
from interactor.instances.rules.stored import StepHint


class Hints(Protocol):
    """Sends step messages; losing one only delays (invariant 4)."""

    def send(self, instance: Instance, thread_id: str, now: Millis) -> None:
        """Hint at one thread's next step, when it is due."""

    def send_again(self, hint: StepHint, delay: Millis) -> None:
        """Send a hint, to arrive after ``delay``."""


class GroupDirectory(Protocol):
    """The groups of people that an account keeps."""

    def members(self, account: str, groups: Sequence[str]) -> Mapping[str, Sequence[str] | None]:
        """The members of each group; None for one that the directory does not have."""


class HaltFiles(Protocol):
    """The files that people send with a halt's form."""

    def sent(self, instance: Instance, thread: Thread, submitted: JsonObject) -> Uploads:
        """The files that an input refers to and that belong to this halt, each with what was sent for it."""

    def keep(self, instance: Instance, uploads: Uploads) -> None:
        """Pin the files of a resume to the contents that were judged."""

    def remove(self, instance: Instance) -> bool:
        """Delete a page of what an instance has; True once nothing is left."""
