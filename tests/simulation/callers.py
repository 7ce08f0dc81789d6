"""The people and programs that call the API: what they ask, how often, and what they were answered."""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from interactor.core.times import HOUR, Millis
from interactor.instances.rules.instance import Instance, Thread
from tests.simulation.oracle import Tracked

KEY_USED_FOR: Millis = 23 * HOUR
"""Nobody sends an idempotency key again after this: it is kept for a day."""


@dataclass(eq=False)
class Wish:
    """Something that a caller wants done once, and asks for as often as it takes. ``tag`` marks it in the input."""

    folder: str
    method: str
    path: str
    parameters: dict[str, str]
    body: dict[str, Any] | None
    tag: str | None
    key: str | None
    since: Millis
    sent: int = 0
    lost: int = 0
    under_way: int = 0
    at_once: bool = False
    """Whether it was ever sent while it was under way already."""
    answers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether it was told that it has what it wanted."""
        return any(status < 300 for status, _ in self.answers)


class Callers:
    """Thinks of wishes by the seed, and judges what became of them."""

    def __init__(
        self, chance: random.Random, now: Callable[[], Millis], names: Sequence[str], namespaces: Sequence[str]
    ) -> None:
        self._chance, self._now, self._names, self._namespaces = chance, now, names, namespaces
        self.wishes: list[Wish] = []
        self._made = 0

    def next(self, known: Sequence[Tracked]) -> Wish:
        """A new wish, or an old one again."""
        again = [each for each in self.wishes[-6:] if self._askable(each)]
        if again and self._chance.random() < 0.3:
            return self._chance.choice(again)
        alive = [each.head.instance for each in known if not each.head.instance.ended]
        halted = [each for each in alive if each.halted_threads()]
        draw = self._chance.random()
        if halted and draw < 0.5:
            wish = self._resume(self._chance.choice(halted))
        elif known and draw < 0.55:
            wish = self._resume(self._chance.choice(known).head.instance)
        elif known and draw < 0.62:
            wish = self._change(known, alive)
        elif known and draw < 0.7:
            wish = self._wish(
                "get_instance", "GET", "/workflows/instances/{id}", self._chance.choice(known).head.instance, None
            )
        elif draw < 0.75:
            wish = Wish("list_instances", "GET", "/workflows/instances", {}, None, None, None, self._now())
        else:
            wish = self._create()
        self.wishes.append(wish)
        return wish

    def _change(self, known: Sequence[Tracked], alive: Sequence[Instance]) -> Wish:
        """Cancel, pause, let go on or retry; mostly one that can be."""
        every = [each.head.instance for each in known]
        failed = [each for each in every if each.status == "failed"]
        fitting = {"cancel": alive, "pause": alive, "unpause": [each for each in alive if each.paused], "retry": failed}
        verb = self._chance.choice(["cancel", "pause", "unpause", "unpause", "retry"])
        chosen = self._chance.choice(fitting[verb] or every)
        return self._wish(f"{verb}_instance", "POST", f"/workflows/instances/{{id}}/{verb}", chosen, {})

    def unanswered(self) -> list[Wish]:
        """What somebody still waits for and asks again: no answer ever came."""
        return [each for each in self.wishes if each.lost and not each.answers and each.key and self._askable(each)]

    def _askable(self, wish: Wish) -> bool:
        return wish.method == "POST" and self._now() < wish.since + KEY_USED_FOR

    def _tag(self) -> str:
        self._made += 1
        return f"tag{self._made}"

    def _key(self, tag: str, share: float) -> str | None:
        return f"key-{tag}" if self._chance.random() < share else None

    def _create(self) -> Wish:
        tag, name = self._tag(), self._chance.choice(self._names)
        body = {"namespace": self._chance.choice(self._namespaces), "input": {"tag": tag, "flag": True}}
        path, parameters = f"/workflows/{name}/instances", {"name": name}
        return Wish("create_instance", "POST", path, parameters, body, tag, self._key(tag, 0.7), self._now())

    def _resume(self, instance: Instance) -> Wish:
        halted = instance.halted_threads()
        thread = self._chance.choice(halted) if halted else instance.main
        tag = self._tag()
        body: dict[str, Any] = {"input": {"tag": tag} | self._decision(thread)}
        if self._chance.random() < 0.3:
            body["expected_state"] = thread.state if self._chance.random() < 0.8 else "elsewhere"
        if len(halted) > 1 or self._chance.random() < 0.3:
            path, folder = f"/workflows/instances/{{id}}/threads/{thread.id}/resume", "resume_thread"
        else:
            path, folder = "/workflows/instances/{id}/resume", "resume_instance"
        wish = self._wish(folder, "POST", path, instance, body)
        wish.parameters["thread_id"] = thread.id
        wish.tag, wish.key = tag, self._key(tag, 0.4)
        return wish

    def _decision(self, thread: Thread) -> dict[str, Any]:
        wrong = self._chance.random() < 0.1
        if thread.halt is None or wrong:
            return {"approved": "perhaps", "choice": "nowhere"}
        choices = thread.halt.options.get("choices") or []
        if choices:
            return {"choice": self._chance.choice(choices)["key"]}
        if thread.halt.presentation.get("type") == "form":
            return {"approved": self._chance.random() < 0.7}
        return {}

    def _wish(self, folder: str, method: str, path: str, instance: Instance, body: dict[str, Any] | None) -> Wish:
        where = path.replace("{id}", instance.id)
        return Wish(folder, method, where, {"instance_id": instance.id}, body, None, None, self._now())

    # What became of them

    def judge(self, known: Sequence[Tracked], violate: Callable[[str], None]) -> None:
        """Hold what was answered against what was done."""
        created = Counter(given.get("tag") for each in known for given in each.telling.inputs)
        resumed = Counter(given.get("tag") for each in known for given in each.telling.resumed)
        for wish in self.wishes:
            if wish.tag is None:
                continue
            effects = (created if wish.folder == "create_instance" else resumed)[wish.tag]
            told = [status for status, _ in wish.answers]
            what = f"{wish.folder} {wish.tag} (key {wish.key}, sent {wish.sent} times, answers {told})"
            most = 1 if wish.key else wish.sent
            if effects > most:
                violate(f"{what} had {effects} effects")
            if wish.done and not effects:
                violate(f"{what} was answered well and had no effect")
            if not wish.done and not wish.lost and effects:
                violate(f"{what} was refused and had {effects} effects")
            if wish.key and len({_compared(wish, *answer) for answer in wish.answers if answer[0] < 300}) > 1:
                violate(f"{what}: one key, several answers")


def _compared(wish: Wish, status: int, body: str) -> tuple[int, str]:
    """What answers under one key must have in common: every byte, and of requests at one time the instance.

    Of those, one may be told where the instance stood at the commit, and the other where it ran on to from there.
    """
    return (status, json.loads(body)["data"]["id"]) if wish.at_once else (status, body)
