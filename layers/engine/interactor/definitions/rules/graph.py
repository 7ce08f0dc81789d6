"""The states of a definition as a graph, and what its shape shows: warnings, and forks that cannot work.

At most 100 states are examined (more is an error of its own). So a set of states is the bits of a whole number, and
what each state can reach is computed once for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from interactor.core.jsons import Json, JsonObject


@dataclass(frozen=True)
class ForkShape:
    """The well-formed parts of a fork: each thread's target, and how many threads must end for the join."""

    state: str
    threads: dict[str, str]
    needed: int | None
    join: str | None = None
    """Where the forking thread continues."""


class Graph:
    """Reads whatever is well formed in ``states`` and skips the rest, which other checks report."""

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
        """Return the states that no thread of an instance can reach."""
        reached = self._from(start, self._reach)
        return [name for name in self.names if not self._bit[name] & reached]

    def ends_from(self, start: str) -> bool:
        """Whether the thread that starts at ``start`` can reach a terminal state."""
        return bool(self._from(start, self._own_reach) & self._terminals)

    def asks_from(self, start: str) -> bool:
        """Whether the thread that starts at ``start`` can reach a state that asks for a decision."""
        return bool(self._from(start, self._own_reach) & self._asking)

    def forks_from(self, start: str) -> set[str]:
        """Return the states at which a thread that starts at ``start``, or one that it forks, can fork."""
        return set(self._named(self._from(start, self._reach) & self._fork_states))

    def endless_cycles(self) -> list[list[str]]:
        """Return the groups of action states that lead to each other in a circle without a halting state."""
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
        """Return for each state the states that may have run before it, also in threads that a join waited for."""
        edges = {name: self._flow[name] | self._spawn.get(name, 0) for name in self.names}
        for fork in self.forks:
            if fork.join in self._bit:
                run = self._union(self._from(target, self._reach) for target in fork.threads.values())
                for name in self._named(run & self._terminals):
                    edges[name] |= self._bit[fork.join]
        reach = self._closure(edges)
        return {name: [other for other in self.names if reach[other] & self._bit[name]] for name in self.names}

    def inputs(self, initial: str) -> dict[str, set[str | None]]:
        """Return for each reachable state whose input it may see: a halting state's name for the input of its resume,
        or None for the input of the create (ruling 6).
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
        """Return everything that can be reached in one step or more (Warshall's algorithm, a row at a time)."""
        reach = dict(edges)
        for middle in edges:
            bit, row = self._bit[middle], reach[middle]
            for name in edges:
                if reach[name] & bit:
                    reach[name] |= row
        return reach


def _answered(state: JsonObject) -> Iterator[Json]:
    """Yield where a transition may take the thread in a state; at a halting state, after an answer."""
    transitions = state.get("transitions")
    for transition in transitions if isinstance(transitions, list) else []:
        if isinstance(transition, dict):
            yield transition.get("target", transition.get("to"))


def _unasked(state: JsonObject) -> Iterator[Json]:
    """Yield where it may go without a transition. A fork's own thread continues at the join."""
    wait = "timeout" if state.get("type") == "halting" else None
    for key in ("on_error", wait):
        if key is not None and isinstance(state.get(key), dict):
            yield state[key].get("target")
    yield from _escalated(state)
    fork = state.get("fork")
    if isinstance(fork, dict) and isinstance(fork.get("join"), dict):
        yield fork["join"].get("target")


def _escalated(state: JsonObject) -> Iterator[Json]:
    """Yield where the levels of an assignment lead."""
    assignment = state.get("assignment")
    levels = assignment.get("escalate") if isinstance(assignment, dict) else None
    for level in levels if isinstance(levels, list) else []:
        if isinstance(level, dict) and isinstance(level.get("target"), str):
            yield level["target"]


def _asks(state: JsonObject) -> bool:
    """Whether a state waits for more than "continue": it has a form or a choice, or more than one way out."""
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
    """Return how many threads must complete for a fork's join (ruling 19), or None if the policy is invalid."""
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
