"""Loads each function's own handler and calls it as Lambda would."""

import hashlib
import importlib.util
import logging
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.template import Function

_log = logging.getLogger("local.functions")
_RECENT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda hands to a handler beside the event."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    aws_request_id: str
    log_group_name: str
    deadline: float
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the declared timeout, in milliseconds, never below 0."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(slots=True)
class Activity:
    """Counts the calls in flight: followers look more often while something is going on."""

    _lock: threading.Condition = field(default_factory=threading.Condition)
    _in_flight: int = 0
    _last: float = 0.0

    def enter(self) -> None:
        """A call begins."""
        with self._lock:
            self._in_flight += 1
            self._lock.notify_all()

    def leave(self) -> None:
        """A call has ended."""
        with self._lock:
            self._in_flight -= 1
            self._last = time.monotonic()

    def lively(self) -> bool:
        """Whether a call is in flight or ended within the last 2 s."""
        return self._in_flight > 0 or time.monotonic() - self._last < _RECENT_SECONDS

    def pause(self, lively: float, quiet: float) -> None:
        """Wait ``lively`` seconds while something is going on, else until it begins, at most ``quiet`` seconds."""
        if self.lively():
            time.sleep(lively)
            return
        with self._lock:
            self._lock.wait(quiet)


class Functions:
    """The loaded functions by logical id."""

    def __init__(self, declared: Mapping[str, Function], root: Path) -> None:
        self._declared = declared
        self._handlers = {name: _loaded(function, root) for name, function in declared.items()}
        self.activity = Activity()

    def invoke(self, logical_id: str, event: Any, *, routine: bool = False) -> Any:
        """Call the handler and return its answer; whatever it raises is logged and raised again.

        A ``routine`` call, as a clock makes it all day, is no sign that there is something to follow.
        """
        function = self._declared[logical_id]
        started = time.monotonic()
        context = Context(
            function_name=function.name,
            invoked_function_arn=function.arn,
            memory_limit_in_mb=function.memory,
            aws_request_id=str(uuid.uuid4()),
            log_group_name=f"/aws/lambda/{function.name}",
            deadline=started + function.timeout,
        )
        if not routine:
            self.activity.enter()
        try:
            return self._handlers[logical_id](event, context)
        except Exception:
            _log.exception("%s failed, request %s", logical_id, context.aws_request_id)
            raise
        finally:
            if not routine:
                self.activity.leave()
            took = time.monotonic() - started
            if took > function.timeout:
                # AWS would have killed it; an OS thread cannot be, so saying it is what can be done.
                _log.warning("%s took %.1f s, its timeout is %d s", logical_id, took, function.timeout)


def _loaded(function: Function, root: Path) -> Callable[[Any, Context], Any]:
    try:
        return _load(function, root)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        _log.warning("loading %s failed", function.logical_id, exc_info=True)
        raise ValueError(f"{function.logical_id} could not be loaded: {error!r}") from error


def _load(function: Function, root: Path) -> Callable[[Any, Context], Any]:
    module_name, _, attribute = function.handler.rpartition(".")
    path = (root / function.code_uri / f"{module_name.replace('.', '/')}.py").resolve()
    if not path.is_file():
        raise ValueError(f"{function.logical_id}: its handler {function.handler} would be in {path}, which is no file.")
    # Every folder has an app.py: the name in sys.modules has to be the function's own.
    unique = f"local_function_{function.logical_id}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(unique, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{function.logical_id}: {path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    spec.loader.exec_module(module)
    handler = getattr(module, attribute, None)
    if not callable(handler):
        raise ValueError(f"{function.logical_id}: {path} has no function {attribute!r}.")
    loaded: Callable[[Any, Context], Any] = handler
    return loaded
