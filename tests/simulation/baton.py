"""One at a time: handlers run as OS threads of which only the one that holds the baton moves.

The engine is synchronous, so that interleaving its calls needs an OS thread for each handler under way; but what
comes next is decided by the scheduler alone, and so by the seed.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.workers.faults import Crash


@dataclass(eq=False)
class Task:
    """One invocation of a handler. ``deadline`` is when its function is killed."""

    name: str
    act: Callable[[], Any]
    deadline: int
    finished: Callable[["Task"], None]
    answer: Any = None
    error: BaseException | None = None
    done: bool = False
    killed: bool = False
    faults: list[str] = field(default_factory=list)
    excused: bool = False
    """Whether one of its faults is a reason to fail."""
    calls: int = 0
    hurried: bool = False
    """Whether the clock jumped while it ran."""
    _go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _os_thread: threading.Thread | None = None


class Baton:
    """Hands the baton to one task, and takes it back at its next call."""

    def __init__(self) -> None:
        self._back = threading.Semaphore(0)
        self.current: Task | None = None

    def give(self, task: Task) -> None:
        """Let a task run up to its next call, or its end."""
        self.current = task
        if task._os_thread is None:
            task._os_thread = threading.Thread(target=self._run, args=(task,), daemon=True)
            task._os_thread.start()
        else:
            task._go.release()
        self._back.acquire()
        self.current = None
        if task.done:
            task._os_thread.join()

    def pause(self) -> None:
        """Called by the running task: let the others go first.

        Raises:
            Crash: when it is killed meanwhile.
        """
        task = self.current
        if task is None:
            return
        self._back.release()
        task._go.acquire()
        if task.killed:
            raise Crash

    def kill(self, task: Task) -> None:
        """End a task where it stands: nothing after its present line runs."""
        task.killed = True
        if task._os_thread is None:
            task.done, task.error = True, Crash()
        else:
            self.give(task)

    def _run(self, task: Task) -> None:
        try:
            task.answer = task.act()
        except BaseException as error:
            task.error = error
        finally:
            task.done = True
            self._back.release()
