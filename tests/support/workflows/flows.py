"""The small workflows of these tests."""

from typing import Any

HOST = "https://service.example"


def to(*targets: Any) -> list[Any]:
    """Transitions."""
    return [{"target": each} if isinstance(each, str) else each for each in targets]


def script(code: str, *targets: Any) -> dict[str, Any]:
    """A state that runs a script."""
    return {"type": "action", "logic": {"type": "script", "code": code}, "transitions": to(*targets)}


def http(path: str, *targets: Any, **logic: Any) -> dict[str, Any]:
    """A state that makes a request."""
    logic = {"type": "http", "method": "POST", "url": HOST + path, "body": {"n": 1}, **logic}
    return {"type": "action", "logic": logic, "transitions": to(*targets)}


def form(*targets: Any, **more: Any) -> dict[str, Any]:
    """A state that waits for an approval."""
    fields = [{"name": "approved", "type": "boolean", "label": "?"}, {"name": "note", "type": "string", "label": "?"}]
    return {"type": "halting", "presentation": {"type": "form", "fields": fields}, "transitions": to(*targets)} | more


def end(**more: Any) -> dict[str, Any]:
    """A terminal state."""
    return {"type": "terminal"} | more


def flow(**states: Any) -> dict[str, Any]:
    """A workflow that begins at the first of these states."""
    return {"initial_state": next(iter(states)), "states": states}


def on_enter(path: str) -> dict[str, Any]:
    """A request as a state is entered."""
    return {"on_enter": {"type": "http", "method": "POST", "url": HOST + path, "body": {"n": 1}}}


APPROVED = {"target": "approved", "condition": {"field": "approved", "equals": True}}

APPROVAL = flow(
    request=script('return {amount: input.amount || 1, status: "pending"}', "wait"),
    wait=form(APPROVED, "rejected"),
    approved=script('return {status: "approved"}', "done"),
    done=end(),
    rejected=end(),
)


DECISION = flow(wait=form(APPROVED, "rejected"), approved=end(), rejected=end())


def fork(branches: int, branch: dict[str, Any], **states: Any) -> dict[str, Any]:
    """A fork of so many threads that all begin at one state, joined at ``decide``."""
    threads = {f"t{number}": {"target": "branch"} for number in range(branches)}
    return flow(
        split={"type": "action", "fork": {"threads": threads, "join": {"target": "decide"}}},
        branch=branch,
        ended=end(),
        decide=script("return {joined: (workflow_data.joined || 0) + 1}", "done"),
        done=end(),
        **states,
    )
