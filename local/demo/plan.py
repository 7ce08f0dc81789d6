"""What must happen to one purchase: states, decisions, webhooks and data, worked out from the documentation alone."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JsonObject = dict[str, Any]

NAMESPACE = "user_123"
ACKNOWLEDGED: JsonObject = {"received": True}
TIME = "<time>"
"""Stands for any ISO 8601 time in expected data."""

EVENTS = tuple(
    f"workflow.instance.{name}" for name in ("created", "halted", "resumed", "completed", "failed", "cancelled")
)
_DOCUMENTED_HOST = "https://yourapp.com"
_AUTOMATIC_UP_TO, _MANAGER_UP_TO = 1_000, 10_000


@dataclass(frozen=True)
class Decision:
    """What a person answers at a halting state, and the form that they must be shown before."""

    state: str
    person: str
    title: str
    description: str
    fields: tuple[str, ...]
    input: JsonObject


@dataclass(frozen=True)
class Expected:
    """A webhook that must arrive: its event, and the state and data right after it (ruling 35)."""

    event: str
    state: str
    data: JsonObject
    by: str | None = None

    def __str__(self) -> str:
        return f"{self.event} at {self.state}"


@dataclass(frozen=True)
class Plan:
    """One purchase. ``webhooks`` are in the order of their sequence; ``data`` is what the instance ends with."""

    input: JsonObject
    decisions: tuple[Decision, ...]
    states: tuple[str, ...]
    webhooks: tuple[Expected, ...]
    notification: JsonObject
    data: JsonObject


def definition(receiver: str) -> JsonObject:
    """The documented purchase approval, its HTTP action calling ``receiver`` instead of the documented host."""
    found: JsonObject = json.loads((Path(__file__).parent / "purchase_approval.json").read_text())
    call = found["states"]["notify_requester"]["logic"]
    call["url"] = call["url"].replace(_DOCUMENTED_HOST, receiver)
    return found


def make(amount: int, *, rejected: bool = False) -> Plan:
    """The plan for a purchase of ``amount`` dollars; ``rejected`` when the manager says no.

    Raises:
        ValueError: a rejection of an amount that nobody is asked about.
    """
    purchase = {
        "id": "PO-2026-001",
        "amount": amount,
        "requester": "john@example.com",
        "description": "Development laptop" if amount <= _MANAGER_UP_TO else "GPU workstations",
    }
    decisions = _decisions(amount, rejected, f"{purchase['description']} - ${amount}")
    if rejected and not decisions:
        raise ValueError(f"up to ${_AUTOMATIC_UP_TO:,} nobody is asked, so nobody can reject: choose a larger amount")
    return _Teller(purchase, decisions, rejected).plan()


def _decisions(amount: int, rejected: bool, what: str) -> tuple[Decision, ...]:
    if amount <= _AUTOMATIC_UP_TO:
        return ()
    said = "Not this quarter" if rejected else "Needed for Q1, go ahead"
    manager = Decision(
        "manager_approval",
        "maya@example.com",
        "Manager Approval Required",
        f"Purchase request for {what}",
        ("approved", "comment"),
        {"approved": not rejected, "comment": said},
    )
    if rejected or amount <= _MANAGER_UP_TO:
        return (manager,)
    vice_president = Decision(
        "vp_approval",
        "victor@example.com",
        "VP Approval Required",
        f"High-value purchase: {what}",
        ("approved", "budget_code", "comment"),
        {"approved": True, "budget_code": "ENG-2026", "comment": "Within budget"},
    )
    return (manager, vice_president)


class _Teller:
    """Goes through the purchase once and notes what is to be seen on the way."""

    def __init__(self, purchase: JsonObject, decisions: tuple[Decision, ...], rejected: bool) -> None:
        self._purchase, self._decisions, self._rejected = purchase, decisions, rejected
        self._data: JsonObject = {}
        self._webhooks: list[Expected] = []

    def plan(self) -> Plan:
        self._tell("created", "submit")
        self._data |= {**self._purchase, "submitted_at": TIME, "status": "pending"}
        for decision in self._decisions:
            self._tell("halted", decision.state)
            self._data |= decision.input
            self._tell("resumed", decision.state, decision.person)
        outcome, written = self._outcome()
        self._data |= written
        notification = {
            "type": "purchase_decision",
            "email": self._purchase["requester"],
            "status": self._data["status"],
            "amount": self._purchase["amount"],
        }
        # An HTTP action's result goes under the name of its state (ruling 7).
        self._data |= {"notify_requester": {"status": 200, "body": ACKNOWLEDGED}}
        self._tell("completed", "complete")
        asked = [decision.state for decision in self._decisions]
        states = ("submit", *asked, outcome, "notify_requester", "complete")
        return Plan(self._purchase, self._decisions, states, tuple(self._webhooks), notification, dict(self._data))

    def _tell(self, name: str, state: str, by: str | None = None) -> None:
        self._webhooks.append(Expected(f"workflow.instance.{name}", state, dict(self._data), by))

    def _outcome(self) -> tuple[str, JsonObject]:
        if self._rejected:
            return "rejected", {"status": "rejected", "rejected_at": TIME}
        written = {"status": "approved", "approved_at": TIME}
        return ("approved", written) if self._decisions else ("auto_approved", {**written, "approved_by": "auto"})
