"""The states of a definition as a graph, and what follows from its shape: warnings, and forks that cannot work.

At most 100 states are looked at (more is an error of its own), so a set of states is a bit in a whole number, and
what can be reached from where is found once for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from interactor.core.jsons import Json, JsonObject


@dataclass(frozen=True)
class ForkShape:
    """The parts of a fork that are well formed: each thread's target, and how many must end for the join."""

    state: str
    threads: dict[str, str]
    needed: int | None
    join: str | None = None
    """Where the forking thread goes on."""


class Graph:
    """Reads whatever is well formed in ``states`` and passes over the rest, which is reported elsewhere."""

    def __init__(self, states: JsonObject) -> None:
        self.names = [name for name, state in states.items() if isinstance(state, dict)]
        self._bit = {name: 1 << number for number, name in enumerate(self.names)}
        self.types: dict[str, Json] = {name: states[name].get("type") for name in self.names}
        self.forks = [fork for name in self.names if (fork := _fork(name, states[name])) is not None]
        self._halting = self._of_type("halting")
        self._answered = {name: self._bits(_answered(states[name])) for name in self.names}
        self._unasked = {name: self._bits(_unasked(states[name])) for name in self.names}
        self._flow = {name: self._answered[name] | self._unasked[name] for name in self.names}
        self._spawn = {fork.state: self._bits(iter(fork.threads.values())) for fork in self.forks}
        self._reach = self._closure({name: self._flow[name] | self._spawn.get(name, 0) for name in self.names})
        self._own_reach = self._closure(self._flow)
        self._terminals = self._of_type("terminal")
        self._asking = self._bits(name for name in self.names if _asks(states[name]))
        self._fork_states = self._bits(fork.state for fork in self.forks)

    def unreachable_from(self, start: str) -> list[str]:
        """The states that no thread of an instance can come to."""
        reached = self._from(start, self._reach)
        return [name for name in self.names if not self._bit[name] & reached]

    def ends_from(self, start: str) -> bool:
        """Whether the thread that begins at ``start`` can come to a terminal state."""
        return bool(self._from(start, self._own_reach) & self._terminals)

    def asks_from(self, start: str) -> bool:
        """Whether the thread that begins at ``start`` can come to a state that asks for a decision."""
        return bool(self._from(start, self._own_reach) & self._asking)

    def forks_from(self, start: str) -> set[str]:
        """The states at which a thread that begins at ``start``, or one it forks, can fork."""
        return set(self._named(self._from(start, self._reach) & self._fork_states))

    def endless_cycles(self) -> list[list[str]]:
        """Groups of action states that lead round to each other without a halting state between."""
        actions = self._of_type("action")
        around = self._closure({name: self._flow[name] & actions for name in self._named(actions)})
        cycles: list[list[str]] = []
        done = 0
        for name in self._named(actions):
            if self._bit[name] & around[name] and not self._bit[name] & done:
                cycle = [other for other in self._named(around[name]) if around[other] & self._bit[name]]
                done |= self._bits(iter(cycle))
                cycles.append(cycle)
        return cycles

    def before(self) -> dict[str, list[str]]:
        """For each state those that may have run before it, threads that a join waited for among them."""
        edges = {name: self._flow[name] | self._spawn.get(name, 0) for name in self.names}
        for fork in self.forks:
            if fork.join in self._bit:
                run = self._union(self._from(target, self._reach) for target in fork.threads.values())
                for name in self._named(run & self._terminals):
                    edges[name] |= self._bit[fork.join]
        reach = self._closure(edges)
        return {name: [other for other in self.names if reach[other] & self._bit[name]] for name in self.names}

    def inputs(self, initial: str) -> dict[str, set[str | None]]:
        """For each state that an instance can come to whose input it may see: that of the resume of a halting state,
        by its name, or that of the create, None (ruling 6).
        """
        found: dict[str, set[str | None]] = {name: set() for name in self.names}
        found[initial].add(None)
        waiting = [initial]
        while waiting:
            name = waiting.pop()
            for ways, inputs in (
                (self._unasked[name] | self._spawn.get(name, 0), found[name]),
                (self._answered[name], {name} if self._bit[name] & self._halting else found[name]),
            ):
                for other in self._named(ways):
                    if not inputs <= found[other]:
                        found[other] |= inputs
                        waiting.append(other)
        return found

    def _union(self, parts: Iterator[int]) -> int:
        bits = 0
        for part in parts:
            bits |= part
        return bits

    def _from(self, start: str, reach: dict[str, int]) -> int:
        return self._bit[start] | reach[start] if start in self._bit else 0

    def _of_type(self, kind: str) -> int:
        return self._bits(name for name in self.names if self.types[name] == kind)

    def _bits(self, names: Iterator[Json]) -> int:
        bits = 0
        for name in names:
            bits |= self._bit.get(name, 0) if isinstance(name, str) else 0
        return bits

    def _named(self, bits: int) -> list[str]:
        return [name for name in self.names if self._bit[name] & bits]

    def _closure(self, edges: dict[str, int]) -> dict[str, int]:
        """Everything that can be reached in one step or more (Warshall's algorithm, a row at a time)."""
        reach = dict(edges)
        for middle in edges:
            bit, row = self._bit[middle], reach[middle]
            for name in edges:
                if reach[name] & bit:
                    reach[name] |= row
        return reach


def _answered(state: JsonObject) -> Iterator[Json]:
    """Where the thread that is in a state may go by a transition; out of a halt that takes an answer."""
    transitions = state.get("transitions")
    for transition in transitions if isinstance(transitions, list) else []:
        if isinstance(transition, dict):
            yield transition.get("target", transition.get("to"))


def _unasked(state: JsonObject) -> Iterator[Json]:
    """Where it may go else; a fork's own thread goes on at the join."""
    wait = "timeout" if state.get("type") == "halting" else None
    for key in ("on_error", wait):
        if key is not None and isinstance(state.get(key), dict):
            yield state[key].get("target")
    fork = state.get("fork")
    if isinstance(fork, dict) and isinstance(fork.get("join"), dict):
        yield fork["join"].get("target")


def _asks(state: JsonObject) -> bool:
    """Whether a state waits for more than "go on": it has a form or a choice, or more than one way out."""
    if state.get("type") != "halting":
        return False
    presentation, transitions = state.get("presentation"), state.get("transitions")
    kind = presentation.get("type") if isinstance(presentation, dict) else None
    return kind in ("form", "choice") or (isinstance(transitions, list) and len(transitions) > 1)


def _fork(name: str, state: JsonObject) -> ForkShape | None:
    fork = state.get("fork")
    if not isinstance(fork, dict) or not isinstance(fork.get("threads"), dict):
        return None
    threads = {
        thread: value["target"]
        for thread, value in fork["threads"].items()
        if isinstance(value, dict) and isinstance(value.get("target"), str)
    }
    if len(threads) != len(fork["threads"]):
        return None
    join = fork.get("join")
    target = join.get("target") if isinstance(join, dict) else None
    return ForkShape(name, threads, policy_count(fork, len(threads)), target if isinstance(target, str) else None)


def policy_count(fork: JsonObject, threads: int) -> int | None:
    """How many threads must complete for a fork's join (ruling 19); None where the policy is not one."""
    join = fork.get("join")
    policy = join.get("policy", "all") if isinstance(join, dict) else None
    if policy == "all":
        return threads
    if policy == "any":
        return 1
    count = policy.get("count") if isinstance(policy, dict) else None
    whole = isinstance(count, int) and not isinstance(count, bool)
    if isinstance(count, float) and count.is_integer():
        count, whole = int(count), True
    return count if whole and count is not None and 1 <= count <= threads else None
