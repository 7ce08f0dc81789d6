"""What an instance is: its threads, each at one place of the definition, and what they have written.

A thread is a branch of the instance, never a thread of the operating system. Its ``phase`` says what happens to it
next. Every phase is a resting place: an instance can be stored between any two of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from interactor.assignments.asked import Asked
from interactor.assignments.progress import Progress
from interactor.core.jsons import Json, JsonObject, size
from interactor.core.statuses import Status
from interactor.core.times import Millis

MAIN = "thread_main"

Outcome = Literal["completed", "failed", "cancelled"]


class Phase(StrEnum):
    """What happens to a thread next."""

    ENTER = "enter"  # it goes into ``state``
    ON_ENTER = "on_enter"  # the state's on_enter runs
    BODY = "body"  # the state's own work begins: it halts, forks, or runs its logic
    LOGIC = "logic"  # the state's logic runs
    LEAVE = "leave"  # the transitions of an action state without logic are judged
    INSTRUCT = "instruct"  # a model writes what the halt says
    HALTED = "halted"  # a person decides
    JOINING = "joining"  # it waits for the threads it forked
    ENDED = "ended"  # nothing


RUNNING = frozenset({Phase.ENTER, Phase.ON_ENTER, Phase.BODY, Phase.LOGIC, Phase.LEAVE, Phase.INSTRUCT})


@dataclass(frozen=True)
class Halt:
    """What a halted thread waits for. ``kind`` leaves room for other waits than an input."""

    kind: Literal["input"]
    since: Millis
    presentation: JsonObject
    options: JsonObject
    timeout_at: Millis | None = None
    asked: Asked | None = None
    """Of whom it is asked, where the state has an assignment: then it is a task."""
    later: Mapping[str, Json] = field(default_factory=dict)
    """What a later release stores with it (``core.releases``); the same for all of these classes."""


@dataclass(frozen=True)
class Failure:
    """Why a thread or an instance failed, and in which state."""

    code: str
    message: str
    state: str
    phase: Phase = Phase.LEAVE
    """What the thread was about to do. A retry does this again."""
    later: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class LastResume:
    """The latest resume of a thread, for judging one at the same time (ruling 17)."""

    sequence: int
    state: str
    input_hash: str
    at: Millis
    later: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Thread:
    """One branch of an instance.

    ``sequence`` counts over the instance's whole life. It is given anew with every halt and every piece of logic, so
    (sequence, attempt) names one resting place for ever. ``layer`` has what this thread wrote over the data of its
    parent, and ``writers`` says who changed each top-level key last.
    """

    id: str
    state: str
    phase: Phase
    sequence: int
    entered_at: Millis
    attempt: int = 1
    due_at: Millis | None = None
    input: Json = field(default_factory=dict)
    layer: JsonObject = field(default_factory=dict)
    writers: Mapping[str, str] = field(default_factory=dict)
    transitions: int = 0
    coming_from: str | None = None
    trigger: str = "automatic"
    key: str | None = None
    halt: Halt | None = None
    outcome: Outcome | None = None
    failure: Failure | None = None
    parent: str | None = None
    forked: tuple[str, ...] = ()
    cut_off: Phase | None = None
    """For a cancelled thread: what it was about to do, for a retry that brings it back (ruling 29)."""
    last_resume: LastResume | None = None
    task: Progress | None = None
    """What people did at the task that it waits for, where it waits for one (``Halt.asked``)."""
    later: Mapping[str, Json] = field(default_factory=dict)
    later_held: Mapping[str, Json] = field(default_factory=dict)
    """As ``later``, in the part with what the thread has written, was given and shows."""

    @property
    def running(self) -> bool:
        """Whether the engine itself has something to do for this thread, also an ``on_enter`` after its end."""
        return self.phase in RUNNING

    @property
    def position(self) -> tuple[int, int, Phase, int]:
        """What must be unchanged for a computed advance of this thread to hold."""
        return self.sequence, self.attempt, self.phase, 0 if self.task is None else self.task.revision

    @property
    def waits_for_task(self) -> bool:
        """Whether people are asked by an assignment."""
        return self.phase is Phase.HALTED and self.halt is not None and self.halt.asked is not None


@dataclass(frozen=True)
class Instance:
    """A running execution of one version of a workflow. ``version`` guards its commits; 0 was never stored."""

    id: str
    account: str
    namespace: str
    workflow_id: str
    workflow_name: str
    version_id: str
    created_at: Millis
    updated_at: Millis
    status: Status
    status_since: Millis
    threads: Mapping[str, Thread]
    next_event: int = 1
    next_sequence: int = 1
    snapshot_number: int = 0
    """First event number of the last history record with a snapshot of the data; 0 if there is none."""
    records_since: int = 0
    changed_since: int = 0
    """Records, and bytes of changes, since that record."""
    version: int = 0
    quota_shard: int = 0
    ended_at: Millis | None = None
    failure: Failure | None = None
    cancel_reason: str | None = None
    traceparent: str | None = None
    redacted: tuple[str, ...] = ()
    """Keys of the data that are redacted (``redaction``)."""
    paused: bool = False
    """Nothing new starts (ruling 29). This is a flag beside the status."""
    takes_files: bool = False
    """Whether it ever halted on a form with a file field: then there may be files to delete after its end."""
    initiator: str | None = None
    """Who created it: the person, or the client where no person was named."""
    deciders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By state, who decided its tasks: those states only that another one's ``exclude`` names."""
    later: Mapping[str, Json] = field(default_factory=dict)

    @property
    def main(self) -> Thread:
        """The thread that every instance has."""
        return self.threads[MAIN]

    @property
    def ended(self) -> bool:
        """Whether the instance is completed, failed or cancelled."""
        return self.ended_at is not None

    @property
    def only_cleaned(self) -> bool:
        """Whether nothing is left to do for it except its deletion, for which nobody waits."""
        return self.ended and not any(thread.running for thread in self.threads.values())

    @property
    def data(self) -> JsonObject:
        """The ``workflow_data`` of answers: what the main thread sees."""
        return self.view(MAIN)

    def view(self, thread_id: str) -> JsonObject:
        """Return the data as one thread sees it: its ancestors' layers, outermost first, and its own on top."""
        thread = self.threads[thread_id]
        if thread.parent is None:
            return thread.layer
        return {**self.view(thread.parent), **thread.layer}

    def data_size(self) -> int:
        """Return the bytes of the data, with the layers of all threads that are alive or whose join has not
        happened.
        """
        return sum(size(thread.layer) for thread in self.threads.values() if self._counts(thread))

    def _counts(self, thread: Thread) -> bool:
        if thread.parent is None or thread.outcome is None:
            return True
        parent = self.threads[thread.parent]
        return parent.phase is Phase.JOINING and thread.id in parent.forked

    def halted_threads(self) -> list[Thread]:
        """Return the threads that wait for an input."""
        return [thread for thread in self.threads.values() if thread.phase is Phase.HALTED]

    def running_threads(self) -> Iterator[Thread]:
        """Yield the threads for which the engine has something to do."""
        return (thread for thread in self.threads.values() if thread.running)

    def with_thread(self, thread: Thread) -> "Instance":
        """Return the instance with one thread added or replaced."""
        return replace(self, threads={**self.threads, thread.id: thread})
