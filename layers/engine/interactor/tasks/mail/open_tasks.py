"""The task that a mail is about, as it stands when the mail is sent."""

from typing import TYPE_CHECKING

from interactor.tasks.rules.notices import OpenTask

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore


class OpenTasks:
    """Reads tasks for mails: one query each."""

    def __init__(self, instances: "InstanceStore") -> None:
        self._instances = instances

    def open_task(self, account: str, task_id: str) -> OpenTask | None:
        """Return a task that waits; None where it is over, or nobody knows it."""
        return None
