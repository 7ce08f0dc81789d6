"""The API's answers as types. Members that an answer does not always have are not required."""

from typing import Any, Literal, NotRequired, TypedDict

Status = Literal["running", "halted", "completed", "failed", "cancelled"]
DeliveryStatus = Literal["pending", "succeeded", "failed", "exhausted"]
PictureFormat = Literal["svg", "mermaid"]


class Caller(TypedDict):
    """Who asks, as the API sees it. ``namespaces`` is ``["*"]`` for all of them."""

    sub: str
    account_id: str
    namespaces: list[str]
    scopes: list[str]
    acts_for_people: bool
    actor: str | None


class Workflow(TypedDict):
    """A workflow in a list."""

    name: str
    workflow_id: str
    latest_version_id: str
    published_version_id: str | None
    created_at: str


class ListedVersion(TypedDict):
    """A version in a list."""

    version_id: str
    status: Literal["draft", "published"]
    created_at: str
    published_at: NotRequired[str]
    superseded_at: NotRequired[str]


class Problem(TypedDict):
    """One error or warning of a definition."""

    path: str
    message: str


class Version(ListedVersion):
    """A version of a workflow."""

    name: str
    workflow_id: str
    warnings: NotRequired[list[Problem]]


class VersionWithDefinition(ListedVersion):
    """A version with its definition as it was posted."""

    name: str
    definition: dict[str, Any]


class Verdict(TypedDict):
    """Whether a definition is valid."""

    valid: bool
    errors: NotRequired[list[Problem]]
    warnings: NotRequired[list[Problem]]


class Halted(TypedDict):
    """The members that describe a halt."""

    halted_at_state: NotRequired[str]
    halt_id: NotRequired[str]
    halting_presentation: NotRequired[dict[str, Any]]
    halted_options: NotRequired[dict[str, Any]]
    timeout_at: NotRequired[str]


class Thread(Halted):
    """A branch of an instance."""

    id: str
    status: Literal["running", "halted", "completed"]
    current_state: str
    outcome: NotRequired[Literal["completed", "cancelled", "failed"]]


class HistoryEntry(TypedDict):
    """A state that a thread was in."""

    state: str
    entered_at: str
    exited_at: NotRequired[str]
    transition: NotRequired[str]
    thread: NotRequired[str]
    logs: NotRequired[list[str]]
    duration_ms: NotRequired[int]
    halt_id: NotRequired[str]
    input_received: NotRequired[dict[str, Any]]
    resumed_at: NotRequired[str]
    resumed_by: NotRequired[str | dict[str, str] | None]


class Instance(Halted):
    """An execution of a workflow."""

    id: str
    workflow_id: str
    workflow_name: str
    version_id: str
    namespace: str
    status: Status
    current_state: str
    workflow_data: dict[str, Any]
    threads: list[Thread]
    history: list[HistoryEntry]
    history_truncated: NotRequired[bool]
    created_at: str
    updated_at: str
    paused: NotRequired[bool]
    completed_at: NotRequired[str]
    failed_at: NotRequired[str]
    cancelled_at: NotRequired[str]
    cancel_reason: NotRequired[str]
    error: NotRequired[str]
    error_code: NotRequired[str]
    failed_state: NotRequired[str]


class ListedInstance(TypedDict):
    """An instance in a list."""

    id: str
    workflow_name: str
    namespace: str
    status: Status
    current_state: str
    created_at: str


class Event(TypedDict):
    """One event of a history. Other members depend on its type."""

    id: str
    number: int
    type: Literal["transition", "step", "halt", "error", "lifecycle"]
    subtype: str
    timestamp: str
    thread: str | None
    changes: NotRequired[dict[str, Any]]
    workflow_data: NotRequired[dict[str, Any]]


class Failure(TypedDict):
    """One error of an instance, in the list of all workflows' errors."""

    id: str
    instance_id: str
    workflow_name: str
    version_id: str
    namespace: str
    thread: str
    state: str
    error_code: str
    error: str
    timestamp: str


class Diagram(TypedDict):
    """A diagram in both formats."""

    mermaid: str
    svg: str


class EventType(TypedDict):
    """An event type to which a subscription can subscribe."""

    name: str
    description: str


class Subscription(TypedDict):
    """A webhook subscription."""

    id: str
    url: str
    events: list[str]
    namespace_filter: str | None
    rate_per_minute: int
    status: Literal["active", "disabled"]
    created_at: str
    disabled_at: NotRequired[str]
    disabled_reason: NotRequired[str | None]
    failing_since: NotRequired[str]


class NewSubscription(Subscription):
    """A subscription that was just created. ``secret`` is there if the API generated it, and only in this answer."""

    secret: NotRequired[str]


class RotatedSubscription(NewSubscription):
    """A subscription whose secret was just changed. The old secret signs until the given time."""

    previous_secret_expires_at: str


class SubscriptionChanges(TypedDict, total=False):
    """What can be changed in a subscription. None removes the filter, or the rate."""

    url: str
    events: list[str]
    namespace_filter: str | None
    rate_per_minute: int | None
    status: Literal["active", "disabled"]


class Delivery(TypedDict):
    """An event on its way to a subscription."""

    id: str
    event: str
    event_id: str
    namespace: str | None
    instance_id: str | None
    timestamp: str
    status: DeliveryStatus
    attempts_made: int
    last_attempt_at: str | None
    last_status: int | None
    next_attempt_at: str | None
    replay_of: NotRequired[str]
    replayed_by: NotRequired[str]
    test: NotRequired[bool]
    reason: NotRequired[str]


class Attempt(TypedDict):
    """One attempt of a delivery. If nothing answered, ``status`` is None and ``error`` says why."""

    number: int
    at: str
    status: int | None
    error: str | None
    duration_ms: int
    response: str | None
    next_attempt_at: str | None


class DeliveryWithAttempts(Delivery):
    """A delivery with every attempt, the first one first."""

    attempts: list[Attempt]


class SentDelivery(TypedDict):
    """A delivery that was just sent."""

    delivery_id: str
    replay_of: NotRequired[str]


class ListedTask(TypedDict):
    """A task in a list. ``outcome`` and ``at``: of one that is done, the person's own response."""

    id: str
    instance_id: str
    namespace: str
    workflow_name: str
    state: str
    priority: Literal["low", "normal", "high", "urgent"]
    title: NotRequired[str]
    created_at: NotRequired[str]
    due_at: NotRequired[str]
    key: NotRequired[str]
    labels: NotRequired[dict[str, str]]
    owner: NotRequired[str]
    several: NotRequired[bool]
    outcome: NotRequired[str]
    at: NotRequired[str]


class TaskCounts(TypedDict):
    """How many tasks a person has, each up to 1,000."""

    mine: int
    claimable: int
    questions: int
    overdue: int


class Task(TypedDict):
    """A task, open or closed. ``shown`` is sent back by ``respond``; ``my`` says what its reader may do."""

    id: str
    status: Literal["open", "completed", "expired", "cancelled"]
    instance_id: str
    workflow_name: str
    version_id: str
    namespace: str
    state: str
    thread_id: str
    halt_id: str | None
    title: str | None
    presentation: dict[str, Any]
    options: dict[str, Any]
    created_at: str
    due_at: str | None
    priority: Literal["low", "normal", "high", "urgent"]
    key: str | None
    labels: dict[str, str]
    assignees: list[str]
    groups: list[str]
    tally: dict[str, int]
    questions: list[dict[str, Any]]
    my: dict[str, Any]
    shown: NotRequired[str]
    overdue: NotRequired[bool]
    timeout_at: NotRequired[str | None]
    owner: NotRequired[str | None]
    owner_until: NotRequired[str | None]
    comment: NotRequired[Literal["optional", "never", "on_reject", "always"]]
    quorum: NotRequired[dict[str, Any]]
    responses: NotRequired[list[dict[str, Any]]]
    comments: NotRequired[list[dict[str, Any]]]
    paused: NotRequired[bool]
    outcome: NotRequired[str | None]
    decided_by: NotRequired[str | None]
    decided_at: NotRequired[str | None]


class TaskHistory(TypedDict):
    """The events of a task; ``complete``: whether these are all."""

    events: list[dict[str, Any]]
    complete: bool


class TaskResults(TypedDict):
    """A result for each task: ``id``, ``status``, and ``task`` or ``error``."""

    results: list[dict[str, Any]]


class ListedGroup(TypedDict):
    """A group in a list; ``members`` is their number."""

    id: str
    name: str | None
    email: str | None
    members: int
    updated_at: str


class Group(TypedDict):
    """A group of the directory. ``changing``: a change of many members is under way, or was cut off."""

    id: str
    name: str | None
    email: str | None
    members: list[str]
    created_at: str
    updated_at: str
    updated_by: str | dict[str, str] | None
    revision: str
    changing: bool


Away = TypedDict("Away", {"from": str, "until": str, "substitute": str})
"""An absence from ``from`` on and before ``until``."""

StandIn = TypedDict("StandIn", {"person": str, "from": str, "until": str})
"""Somebody who is absent, and for whom another stands in meanwhile."""


class DirectoryPerson(TypedDict):
    """What the directory says of a person."""

    id: str
    name: str | None
    email: str | None
    locale: str | None
    away: Away | None
    groups: list[str]
    groups_truncated: bool
    stands_in_for: list[StandIn]
