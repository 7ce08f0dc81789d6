"""Checks of forks and their joins (ruling 19)."""

import re

from interactor.definitions.rules import limits
from interactor.definitions.rules.graph import ForkShape, Graph
from interactor.definitions.rules.report import Place, Report, quoted
from interactor.definitions.rules.shape import Node, is_integer
from interactor.definitions.rules.states import Seen, check_target

_THREAD_NAME = re.compile(limits.THREAD_NAME, re.ASCII)


def check_fork(state: Node, seen: Seen) -> None:
    """Report what is wrong with a state's fork on its own."""
    fork = state.node("fork")
    if state.raw("type") in ("halting", "terminal"):
        state.error("fork", "Only an action state can fork")
    if "logic" in state:
        state.error("logic", "A state that forks has no logic; put it into the state before")
    if state.raw("transitions"):
        state.error("transitions", "A state that forks has no transitions; it goes on at its join's target")
    if fork is None:
        return
    threads = fork.node("threads", required=True)
    if threads is not None:
        _check_threads(threads, seen)
    join = fork.node("join", required=True)
    if join is not None:
        check_target(join, "target", seen)
        _check_policy(join, len(threads.value) if threads is not None else None)


def check_forks(report: Report, graph: Graph) -> None:
    """Report joins that can never be met, and forks that would give the same name to two live threads."""
    place = Place() / "states"
    for fork in graph.forks:
        here = place / fork.state / "fork"
        if any(target not in graph.types for target in fork.threads.values()):
            continue
        _check_join(report, here, fork, graph)
        taken: dict[str, str] = {}
        for thread, target in fork.threads.items():
            reached = graph.forks_from(target)
            at = here / "threads" / thread
            if fork.state in reached:
                report.error(at, f"The thread '{thread}' can come back to '{fork.state}' and would fork itself again")
            for other in sorted(reached - {fork.state}):
                if other in taken:
                    report.error(at, f"The threads '{taken[other]}' and '{thread}' can both fork at {quoted(other)}")
                taken.setdefault(other, thread)


def warn_of_counted_answers(report: Report, graph: Graph) -> None:
    """Warn if a join that does not wait for all threads could be mistaken for a quorum of approvals (ruling 19)."""
    for fork in graph.forks:
        if fork.needed is None or fork.needed >= len(fork.threads):
            continue
        if any(graph.asks_from(target) for target in fork.threads.values()):
            report.warn(
                Place() / "states" / fork.state / "fork" / "join" / "policy",
                "The join counts threads that end, whatever was answered in them: a refusal counts like an approval. "
                "To count approvals, ask several people in one state, with the quorum of an assignment. Or wait for all"
                " threads and let a condition after the join judge the answers",
            )


def _check_join(report: Report, place: Place, fork: ForkShape, graph: Graph) -> None:
    ending = sum(graph.ends_from(target) for target in fork.threads.values())
    if fork.needed is not None and ending < fork.needed:
        report.error(
            place / "join",
            f"The join can never be met: it waits for {fork.needed} of {len(fork.threads)} threads, "
            f"and {ending} can come to a terminal state",
        )


def _check_threads(threads: Node, seen: Seen) -> None:
    count = len(threads.value)
    if not 1 <= count <= limits.FORK_THREADS:
        message = f"A fork has 1 to {limits.FORK_THREADS} threads, this one has {count}"
        threads.report.error(threads.place, message)
    for name in threads.value:
        if _THREAD_NAME.fullmatch(name) is None:
            threads.error(name, "A thread's name is 1 to 64 letters, digits, _ and -, the first a letter or digit")
        elif name == "main":
            threads.error(name, "The thread name 'main' is reserved for the thread that an instance starts with")
        elif name in seen.thread_names:
            threads.error(name, f"The thread name '{name}' is used by another fork of this definition")
        seen.thread_names.add(name)
        thread = threads.node(name)
        if thread is not None:
            check_target(thread, "target", seen)


def _check_policy(join: Node, threads: int | None) -> None:
    policy = join.raw("policy")
    if "policy" not in join or (isinstance(policy, str) and policy in ("all", "any")):
        return
    if not isinstance(policy, dict):
        join.error("policy", f"join.policy must be 'all', 'any' or an object with count, not {quoted(policy)}")
        return
    node = Node(join.report, join.place / "policy", policy)
    if not node.need("count"):
        return
    count = policy["count"]
    if not is_integer(count) or count < 1 or (threads is not None and count > threads):
        most = f"between 1 and {threads}, the number of threads" if threads else "1 or more"
        node.error("count", f"count must be a whole number {most}, not {quoted(count)}")
