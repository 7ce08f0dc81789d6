"""Plays the purchase: every call a person or program makes, in order, each after what makes them make it."""

import time
from collections.abc import Callable
from datetime import datetime

from local.demo import plan as plans
from local.demo import receiver as receiving
from local.demo.api import Api
from local.demo.judge import Notification, Seen, Webhook, arrived
from local.demo.plan import Decision, JsonObject, Plan
from local.demo.receiver import Receiver
from local.demo.screen import Screen, answers, compact
from local.seed import SeedClient

_PATIENCE_SECONDS = 15.0
_ENDS = tuple(f"workflow.instance.{name}" for name in ("completed", "failed", "cancelled"))


class BrokenOffError(Exception):
    """What the story needs to go on did not come; the judge says what is missing."""


class Story:
    """One purchase on one local run. ``seen`` gathers what happens, also when the story breaks off."""

    def __init__(self, plan: Plan, api: Api, receiver: Receiver, seen: Seen, screen: Screen) -> None:
        self._plan, self._api, self._receiver, self._seen, self._screen = plan, api, receiver, seen, screen

    def prepare(self, client: SeedClient, secret: str) -> None:
        """Get a token, subscribe, define and publish.

        Raises:
            RefusedError: the API did not do as it was asked; so from every method.
        """
        seconds = self._api.sign_in(client.client_id, client.client_secret)
        self._tell("you", f"get a token for client {client.client_id}, valid for {seconds // 60} min")
        url = self._receiver.url + receiving.WEBHOOKS
        wanted = {"url": url, "events": list(plans.EVENTS), "secret": secret, "namespace_filter": plans.NAMESPACE}
        self._api.post("/webhooks/subscriptions", wanted)
        self._tell("you", f"subscribe {url} to {len(plans.EVENTS)} events")
        definition = plans.definition(self._receiver.url)
        verdict = self._api.post("/workflows/validate", definition)
        self._tell("you", f"validate purchase_approval: {compact(verdict)}")
        name = definition["name"]
        version = self._api.post("/workflows", definition)["version_id"]
        self._api.post(f"/workflows/{name}/versions/{version}/publish")
        self._tell("you", f"create and publish it: {version}")

    def play(self) -> None:
        """Start the purchase, decide wherever somebody is asked, and wait for the end.

        Raises:
            BrokenOffError: a webhook or the end did not come, or the end is another one.
        """
        purchase = self._plan.input
        self._screen.line()
        self._tell(_name(purchase["requester"]), f"asks for {purchase['description']}, ${purchase['amount']:,}")
        body = {"namespace": plans.NAMESPACE, "input": purchase}
        self._keep(self._api.post("/workflows/purchase_approval/instances", body))
        for decision in self._plan.decisions:
            self._decide(decision)
        self._wait_for(lambda seen: any(each.event in _ENDS for each in seen.webhooks))
        self.look()
        if self._seen.instance["status"] != "completed":
            raise BrokenOffError
        self._wait_for(lambda seen: len(arrived(seen.webhooks)) >= len(self._plan.webhooks))

    def look(self) -> None:
        """Read the instance once more, if there is one."""
        if self._seen.instance:
            self._seen.instance = self._api.get(f"/workflows/instances/{self._seen.instance['id']}")

    def show_history(self) -> None:
        """The instance's own account of itself."""
        instance = self._seen.instance
        self._screen.line()
        self._screen.line(f"History of {instance['id']}", "bold")
        began = _at(instance["created_at"])
        rows = []
        for entry in instance["history"]:
            entered = _at(entry["entered_at"])
            stayed = f"left after {_at(entry['exited_at']) - entered:.3f} s" if "exited_at" in entry else "stays"
            by = entry.get("resumed_by")
            who = f"resumed by {by.get('actor')} via {by.get('via')}" if by else ""
            rows.append((f"+{entered - began:.3f} s", entry["state"], stayed, who))
        self._screen.table(rows)

    def _decide(self, decision: Decision) -> None:
        """A person hears by webhook that they are asked, reads the form, and answers."""
        self._wait_for(lambda seen: any(_asks(each, decision.state) for each in seen.webhooks))
        self.look()
        who, form = _name(decision.person), self._seen.instance.get("halting_presentation")
        self._screen.line()
        if form is None or self._seen.instance.get("halted_at_state") != decision.state:
            raise BrokenOffError
        self._seen.forms[decision.state] = form
        self._tell(who, "opens the form:")
        self._screen.form(form)
        self._tell(who, f"answers {answers(decision.input)}")
        path = f"/workflows/instances/{self._seen.instance['id']}/resume"
        answered = {"halt_id": self._seen.instance["halt_id"], "input": decision.input}
        self._keep(self._api.post(path, answered, actor=decision.person))

    def _keep(self, instance: JsonObject) -> None:
        self._seen.instance = instance
        passed = " → ".join(entry["state"] for entry in instance["history"])
        self._tell("engine", f"{instance['status']} at {instance['current_state']}", passed)

    def _wait_for(self, happened: Callable[[Seen], object]) -> None:
        if not self._receiver.wait_until(happened, time.monotonic() + _PATIENCE_SECONDS):
            raise BrokenOffError

    def _tell(self, who: str, what: str, *more: str) -> None:
        self._screen.tell(who, what, *more)


def tell_arrival(screen: Screen, arrival: Webhook | Notification) -> None:
    """The line of something that reached the receiver."""
    if isinstance(arrival, Notification):
        screen.tell(
            "notified",
            f"POST {receiving.NOTIFICATIONS}",
            f"Idempotency-Key: {arrival.idempotency_key}",
            compact(arrival.body),
        )
        return
    verdict = f"✗ {arrival.problems[0]}" if arrival.problems else "✓ both signatures verified"
    name = arrival.event.removeprefix("workflow.instance.")
    state = str(arrival.data.get("current_state"))
    screen.tell("webhook", f"{name:<11}{state:<18}{arrival.size:>5} bytes   {verdict}")


def _asks(webhook: Webhook, state: str) -> bool:
    return webhook.event == "workflow.instance.halted" and webhook.data.get("current_state") == state


def _name(address: str) -> str:
    return address.partition("@")[0]


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
