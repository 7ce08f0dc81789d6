"""Whether everything happened: what was seen, against the plan. Values in, sentences out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.demo.plan import TIME, Expected, JsonObject, Plan


@dataclass(frozen=True)
class Webhook:
    """One delivery. ``size`` is its body in bytes, ``problems`` what its signatures or headers lack."""

    message_id: str
    body: JsonObject
    size: int
    problems: tuple[str, ...] = ()

    @property
    def event(self) -> str:
        """Its event type."""
        return str(self.body.get("event"))

    @property
    def data(self) -> JsonObject:
        """What it says of the instance."""
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def sequence(self) -> int:
        """Its place among the instance's events; 0 when it names none."""
        sequence = self.data.get("sequence")
        return sequence if isinstance(sequence, int) else 0


@dataclass(frozen=True)
class Notification:
    """One call of the HTTP action."""

    idempotency_key: str
    body: Any


@dataclass
class Seen:
    """What came to pass, filled in as it does. ``forms`` are presentations by state, ``instance`` the last answer."""

    webhooks: list[Webhook] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    forms: dict[str, JsonObject] = field(default_factory=dict)
    instance: JsonObject = field(default_factory=dict)


def missing(plan: Plan, seen: Seen) -> list[str]:
    """Everything that did not happen as planned, each in a sentence; nothing when all did."""
    return [
        *_of_instance(plan, seen.instance),
        *_of_forms(plan, seen.forms),
        *_of_webhooks(plan, seen),
        *_of_notifications(plan, seen),
    ]


def arrived(webhooks: Iterable[Webhook]) -> list[Webhook]:
    """Webhooks in the order of what they tell; one that was delivered again has the same id and counts once."""
    return sorted({each.message_id: each for each in webhooks}.values(), key=lambda each: each.sequence)


def _of_instance(plan: Plan, instance: JsonObject) -> list[str]:
    if not instance:
        return ["the instance was not started"]
    found = []
    if instance.get("status") != "completed":
        reason = f" ({instance['error']})" if instance.get("error") else ""
        found.append(f"the instance is {instance.get('status')} at {instance.get('current_state')}{reason}")
    passed = tuple(entry["state"] for entry in instance.get("history", ()))
    if passed != plan.states:
        found.append(f"the states passed are {', '.join(passed) or 'none'}; planned: {', '.join(plan.states)}")
    found += _differences("the instance's data", plan.data, instance.get("workflow_data"))
    people = [entry["resumed_by"].get("actor") for entry in instance.get("history", ()) if entry.get("resumed_by")]
    if people != [decision.person for decision in plan.decisions]:
        found.append(f"the history names {', '.join(map(str, people)) or 'nobody'} as who decided")
    return found


def _of_forms(plan: Plan, forms: dict[str, JsonObject]) -> list[str]:
    found = []
    for decision in plan.decisions:
        form = forms.get(decision.state)
        if form is None:
            found.append(f"the form of {decision.state} was never shown")
            continue
        shown = (form.get("title"), form.get("description"), tuple(each["name"] for each in form.get("fields", ())))
        if shown != (decision.title, decision.description, decision.fields):
            found.append(f"the form of {decision.state} shows {shown}")
    return found


def _of_webhooks(plan: Plan, seen: Seen) -> list[str]:
    webhooks = arrived(seen.webhooks)
    found = [f"webhook {each.event}: {text}" for each in seen.webhooks for text in each.problems]
    wanted = Counter(str(each) for each in plan.webhooks)
    came = Counter(_title(each) for each in webhooks)
    found += [f"webhook {each} did not arrive" for each in (wanted - came).elements()]
    found += [f"webhook {each} arrived, which was not planned" for each in (came - wanted).elements()]
    if wanted != came:
        return found
    titles = [_title(each) for each in webhooks]
    if titles != [str(each) for each in plan.webhooks] or len({each.sequence for each in webhooks}) != len(webhooks):
        found.append(f"the webhooks' sequences put them in another order: {', '.join(titles)}")
        return found
    for expected, webhook in zip(plan.webhooks, webhooks, strict=True):
        found += _of_one(plan, expected, webhook, str(seen.instance.get("id")))
    return found


def _of_one(plan: Plan, expected: Expected, webhook: Webhook, instance_id: str) -> list[str]:
    name, data = f"webhook {expected}", webhook.data
    found = _differences(f"{name}: workflow_data", expected.data, data.get("workflow_data"))
    if data.get("instance_id") != instance_id:
        found.append(f"{name}: instance_id is {data.get('instance_id')}")
    if expected.event.endswith(".created"):
        found += _differences(f"{name}: input", plan.input, data.get("input"))
    if expected.event.endswith(".halted"):
        decision = next(each for each in plan.decisions if each.state == expected.state)
        if (data.get("halting_presentation") or {}).get("description") != decision.description:
            found.append(f"{name}: halting_presentation is not the rendered form")
    if expected.by is not None and (data.get("resumed_by") or {}).get("actor") != expected.by:
        found.append(f"{name}: resumed_by is {data.get('resumed_by')}, not {expected.by}")
    return found


def _of_notifications(plan: Plan, seen: Seen) -> list[str]:
    if not seen.notifications:
        return ["the HTTP action's notification did not arrive"]
    found = []
    keys = {each.idempotency_key for each in seen.notifications}
    if len(keys) != 1 or not next(iter(keys)).startswith(f"{seen.instance.get('id')}:thread_main:"):
        found.append(f"the notification's Idempotency-Key is {', '.join(sorted(keys))}")
    for each in seen.notifications:
        found += _differences("the notification", plan.notification, each.body)
    return found


def _title(webhook: Webhook) -> str:
    return f"{webhook.event} at {webhook.data.get('current_state')}"


def _differences(what: str, expected: JsonObject, found: Any) -> list[str]:
    if not isinstance(found, dict):
        return [f"{what} is {found!r}"]
    names = [*expected, *(name for name in found if name not in expected)]
    return [
        f"{what}: {name} is {found.get(name)!r}, not {expected.get(name)!r}"
        for name in names
        if not _fits(expected.get(name), found.get(name)) or (name in expected) != (name in found)
    ]


def _fits(expected: Any, found: Any) -> bool:
    if expected == TIME:
        return _is_time(found)
    return type(expected) is type(found) and expected == found


def _is_time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False
