"""What the API answers, as types. Members that are not always there are not required."""

from typing import Any, Literal, NotRequired, TypedDict

Status = Literal["running", "halted", "completed", "failed", "cancelled"]


class Version(TypedDict):
    """A version of a workflow."""

    version_id: str
    status: Literal["draft", "published"]
    created_at: str
    name: NotRequired[str]
    published_at: NotRequired[str]


class Problem(TypedDict):
    """One error or warning of a definition."""

    path: str
    message: str


class Verdict(TypedDict):
    """Whether a definition is valid."""

    valid: bool
    errors: NotRequired[list[Problem]]
    warnings: NotRequired[list[Problem]]


class Thread(TypedDict):
    """A branch of an instance."""

    id: str
    status: Literal["running", "halted", "completed"]
    current_state: str
    outcome: NotRequired[str]


class Instance(TypedDict):
    """An execution of a workflow."""

    id: str
    workflow_name: str
    version_id: str
    namespace: str
    status: Status
    current_state: str
    workflow_data: dict[str, Any]
    threads: list[Thread]
    history: list[dict[str, Any]]
    created_at: str
    updated_at: str
    halted_at_state: NotRequired[str]
    halting_presentation: NotRequired[dict[str, Any]]
    halted_options: NotRequired[dict[str, Any]]
    paused: NotRequired[bool]
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
    """One event of a history; further members depend on its type."""

    id: str
    number: int
    type: str
    subtype: str
    timestamp: str
    thread: str | None


class Subscription(TypedDict):
    """A webhook subscription; ``secret`` only in the answer that made it."""

    id: str
    url: str
    events: list[str]
    namespace_filter: str | None
    status: Literal["active", "disabled"]
    created_at: str
    secret: NotRequired[str]
