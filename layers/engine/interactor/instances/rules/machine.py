"""How one thread moves: every rule that takes a thread from one place of its definition to the next.

An ``Advance`` is the draft of one thread's way. It gets what came in (``resume``, ``time_out``, or ``complete`` with
the outcome of logic), moves by the rules below, and says through ``step`` what must be done next, until the thread
rests. Nothing outside the draft changes. The result is a ``ThreadChange``, which ``settle`` turns into the instance's
next version.

    enter(S)   terminal: the thread ends, then S.on_enter | S.on_enter | otherwise the body of S
    body(S)    halting: instruct if a model writes, else halted | fork: joining, its threads enter | logic | leave
    instruct   written, or not: halted
    logic      succeeded: result merged, leave | failed: again later, or fail
    leave(S)   the first transition whose condition holds: enter(target) | none: fail
    resume     checked against the form, merged, the first matching transition: enter(target) | none: refused
    fail(S)    S.on_error: rest before its target | the thread fails, and settle decides what that means for the others
"""

from dataclasses import replace
from typing import Literal

from interactor.assignments.asked import AssignmentError
from interactor.assignments.progress import Progress
from interactor.core import conditions, limits
from interactor.core.errors import InvalidTransitionError, WorkflowDataTooLargeError
from interactor.core.jsons import Json, JsonObject, size
from interactor.core.logic import Failed, Outcome
from interactor.core.paths import Scope
from interactor.core.templates import TemplateError
from interactor.core.times import Millis, iso
from interactor.definitions.rules.model import (
    HttpLogic,
    ScriptLogic,
    State,
    Transition,
)
from interactor.forms import check, redaction
from interactor.forms.file_fields import Uploads
from interactor.forms.presentation import PresentationTooLargeError
from interactor.instances.rules import forgery, halting, results
from interactor.instances.rules.instance import (
    Failure,
    LastResume,
    Phase,
    Thread,
)
from interactor.instances.rules.layers import Written, writer
from interactor.instances.rules.thread_draft import INPUT, Step, ThreadDraft, failed

TransitionTrigger = Literal["automatic", "input", "event", "timeout", "error", "join", "system"]
PERMANENT = frozenset(
    {
        "loop_limit_exceeded",
        "workflow_data_too_large",
        "instance_too_large",
        "history_limit_exceeded",
        "thread_limit_exceeded",
    }
)
"""Failures that ``on_error`` does not catch: after it, the same failure would only come again."""


class Advance(ThreadDraft):
    """A draft of one thread's way from one resting place to the next."""

    def refuse(self, now: Millis) -> bool:
        """Fail an HTTP action, before its call, if its result could not be stored. Return whether it was failed."""
        step = self.step
        if step is None or step.phase is not Phase.LOGIC or not isinstance(step.logic, HttpLogic):
            return False
        why = results.refusal(step.state, self._data(), self._all_writers())
        if why is not None:
            self.fail("http_error", f"{why}; nothing was sent", now)
        return why is not None

    # What comes in

    def created(self, now: Millis) -> None:
        """Add the event that the instance begins with this commit."""
        fields: JsonObject = {
            "initial_state": self._definition.initial_state,
            "input": self._thread.input,
            "version_id": self._instance.version_id,
        }
        self._note("lifecycle", "created", now, fields | self._attribution())

    def run_rules(self, now: Millis) -> None:
        """Do what needs no logic: enter the state, or leave it."""
        if self._thread.phase is Phase.ENTER:
            self._arrive(now)
        elif self._thread.phase is Phase.BODY:
            self._body(self._definition.states[self._thread.state], now)
        else:
            self._leave(now)

    def complete(self, outcome: Outcome, now: Millis, retry_at: Millis | None = None) -> None:
        """Take the outcome of the present step's logic. At ``retry_at``, if given, a failed one is tried again."""
        step = self.step
        if step is None or step.logic is None:
            raise AssertionError("no logic is pending")
        if step.phase is Phase.INSTRUCT:
            self._instructed(step, outcome, now)
        elif isinstance(outcome, Failed):
            self._failed(step, outcome, now, retry_at)
        else:
            self._succeeded(step, outcome.value, outcome.logs, outcome.duration_ms, now)

    def resume(
        self,
        submitted: JsonObject | None,
        option: str | None,
        input_hash: str,
        now: Millis,
        uploads: Uploads | None = None,
    ) -> None:
        """Take a person's decision (ruling 16): the input (None: none was sent), and the files that it may refer to.

        Raises:
            InvalidRequestError: fields are wrong; the error names all of them.
            InvalidTransitionError: no transition matches.
            WorkflowDataTooLargeError: the data would exceed its bound.
        """
        state, halt = self._halted()
        checked = check.check_input(
            halt.presentation,
            halt.options,
            state.transition_mode,
            submitted,
            option,
            uploads,
            additional_input=state.additional_input,
            sensitive=self._instance.redacted,
        )
        forgery.refuse(self._definition, checked.merged)
        before = self._data()
        scope = Scope({**before, **checked.merged}, checked.merged, self.context(), own_form=checked.own_form)
        transition = self._choose(state, scope, checked.choice)
        if transition is None:
            raise InvalidTransitionError(
                f"The input matches no transition of state '{state.name}'",
                {"current_state": state.name, "targets": [each.target for each in state.transitions]},
            )
        remembered = LastResume(self._thread.sequence, state.name, input_hash, now)
        self._thread = replace(self._thread, input=checked.merged, transitions=0, halt=None, last_resume=remembered)
        size_before = self._data_size()
        found = self._write(Written(checked.merged), INPUT, halting.answered(state, halt, checked))
        if self._data_size() > max(limits.WORKFLOW_DATA_BYTES, size_before):
            raise WorkflowDataTooLargeError("With this input workflow_data would be over 256 KB; send less")
        fields: JsonObject = {"state": state.name, "input": checked.merged, "changes": found}
        if checked.choice is not None:
            fields["choice"] = checked.choice
        self._note("halt", "resumed", now, fields | self._attribution())
        self._go(transition.target, "input", now, transition.key)

    def time_out(self, now: Millis) -> None:
        """Leave a halt whose time is over (ruling 4)."""
        state, _ = self._halted()
        if state.timeout is None:
            raise AssertionError("the state has no timeout")
        self._leave_by_time(state, state.timeout.target, now)

    def _leave_by_time(self, state: State, target: str, now: Millis) -> None:
        self._thread = replace(self._thread, halt=None, task=None, transitions=0)
        self._note("halt", "timed_out", now, {"state": state.name})
        self._go(target, "timeout", now)

    def fail(self, code: str, message: str, now: Millis) -> None:
        """Fail the thread where it is, or go where the state's ``on_error`` says (rulings 4 and 11)."""
        state = self._definition.states[self._thread.state]
        message = message[: limits.FAILURE_CHARACTERS]
        fields: JsonObject = {"state": state.name, "code": code, "message": message}
        if self._thread.outcome is not None:
            self._note("error", "step_failed", now, fields)
            self._thread = replace(self._thread, phase=Phase.ENDED, due_at=None)
        elif state.on_error is not None and code not in PERMANENT:
            error: JsonObject = {"code": code, "message": message, "state": state.name}
            found = self._write(Written({"error": error}), INPUT, {"error"})
            self._note("error", "step_failed", now, fields | {"changes": found})
            if self._transit(state.on_error, "error", now):
                # The arrival is a separate step, because it may fail too. Failures that lead to one another must be a
                # loop, which bounds and commits end, and not a recursion.
                self._rest(Phase.ENTER)
        else:
            self._note("error", "step_failed", now, fields)
            self._thread = failed(self._thread, Failure(code, message, state.name, self._thread.phase))

    # The rules

    def _go(self, target: str, trigger: TransitionTrigger, now: Millis, key: str | None = None) -> None:
        if self._transit(target, trigger, now, key):
            self._arrive(now)

    def _transit(self, target: str, trigger: TransitionTrigger, now: Millis, key: str | None = None) -> bool:
        """Count a transition and place the thread before its target. Return False if a bound made it fail."""
        if self._thread.transitions >= limits.TRANSITIONS_IN_A_ROW:
            self.fail("loop_limit_exceeded", "1,000 transitions in a row without a halt", now)
            return False
        if self._instance.next_event + len(self._events) > limits.EVENTS_PER_INSTANCE:
            self.fail("history_limit_exceeded", "The instance has 25,000 events, as many as its history holds", now)
            return False
        self._thread = replace(
            self._thread,
            coming_from=self._thread.state,
            state=target,
            phase=Phase.ENTER,
            trigger=trigger,
            key=key,
            attempt=1,
            due_at=None,
            transitions=self._thread.transitions + 1,
        )
        return True

    def _arrive(self, now: Millis) -> None:
        thread = self._thread
        state = self._definition.states[thread.state]
        if thread.coming_from is not None:
            fields: JsonObject = {
                "from_state": thread.coming_from,
                "to_state": state.name,
                "trigger": thread.trigger,
                "duration_ms": now - thread.entered_at,
            }
            self._note("transition", "state_change", now, fields | ({"key": thread.key} if thread.key else {}))
        self._thread = replace(thread, entered_at=now, phase=Phase.BODY, coming_from=None, key=None)
        if state.type == "terminal":
            self._thread = replace(self._thread, outcome="completed", phase=Phase.ENDED)
        if state.on_enter is not None:
            self._rest(Phase.ON_ENTER)
        elif self._thread.outcome is None:
            self._body(state, now)

    def _body(self, state: State, now: Millis) -> None:
        if state.type == "halting" and state.instructions is not None and state.instructions.kind == "ai":
            self._rest(Phase.INSTRUCT)
        elif state.type == "halting":
            self._halt(state, now)
        elif state.fork is not None:
            self._fork(state, now)
        elif state.logic is not None:
            self._rest(Phase.LOGIC)
        else:
            self._rest(Phase.LEAVE)

    def _instructed(self, step: Step, outcome: Outcome, now: Millis) -> None:
        """Halt with what a model wrote, or without it (ruling 30). The history says why; it is no failure."""
        fields = self._step_fields(step, outcome.logs, outcome.duration_ms)
        if isinstance(outcome, Failed):
            self._note("step", "failed", now, fields | {"code": outcome.code, "message": outcome.message})
            self._halt(step.state, now)
        else:
            self._note("step", "completed", now, fields)
            self._halt(step.state, now, outcome.value)

    def _halt(self, state: State, now: Millis, written: str | None = None) -> None:
        try:
            halt = halting.begun(state, self._instance.redacted, self.scope(), self.shown_scope(), written, now)
            if state.assignment is not None:
                # Few states have one.
                from interactor.instances.rules import open_tasks

                halt = open_tasks.assigned(
                    state, halt, self.shown_scope(), self._instance, self._deciders, self._members, now
                )
        except (PresentationTooLargeError, AssignmentError) as error:
            self.fail(error.code, str(error), now)
            return
        except TemplateError as error:
            self.fail("template_error", str(error), now)
            return
        self._rest(Phase.HALTED)
        self._thread = replace(self._thread, halt=halt, task=None if halt.asked is None else Progress())
        fields: JsonObject = {
            "state": state.name,
            "halting_presentation": halt.presentation,
            "halted_options": halt.options,
        }
        if halt.timeout_at is not None:
            fields["timeout_at"] = iso(halt.timeout_at)
        self._note("halt", "waiting", now, fields)
        if halt.asked is not None:
            self._note("task", "created", now, open_tasks.created(state.name, halt.asked, Progress()))

    def _fork(self, state: State, now: Millis) -> None:
        if state.fork is None:
            raise AssertionError("the state does not fork")
        earlier = [self._instance.threads.get(f"thread_{branch.name}") for branch in state.fork.threads]
        if any(thread is not None and thread.running for thread in earlier):
            # Threads with these names, from an earlier round, still run their on_enter (ruling 12).
            self._thread = replace(self._thread, phase=Phase.BODY, due_at=now + limits.FORK_WAITS)
            return
        alive = sum(1 for thread in self._instance.threads.values() if thread.outcome is None)
        if alive + len(state.fork.threads) > limits.THREADS_ALIVE + 1:
            self.fail("thread_limit_exceeded", "More than 10 threads would live at once", now)
            return
        self._rest(Phase.JOINING)
        for branch, before in zip(state.fork.threads, earlier, strict=True):
            self._forked.append(
                Thread(
                    id=f"thread_{branch.name}",
                    state=branch.target,
                    phase=Phase.ENTER,
                    sequence=self._take_sequence(),
                    entered_at=now,
                    input=self._thread.input,
                    parent=self._thread.id,
                    coming_from=state.name,
                    transitions=self._thread.transitions,
                    last_resume=None if before is None else before.last_resume,
                )
            )
        names = tuple(thread.id for thread in self._forked)
        self._thread = replace(self._thread, forked=names)
        self._note("transition", "fork", now, {"state": state.name, "threads": list(names)})

    def _succeeded(self, step: Step, value: Json, logs: tuple[str, ...], duration_ms: int, now: Millis) -> None:
        fields = self._step_fields(step, logs, duration_ms)
        if step.phase is Phase.ON_ENTER:
            if value is not None:
                value = redaction.nested(value, self._instance.redacted)
                fields["result"] = value if size(value) <= limits.STEP_RESULT_BYTES else "(larger than 8 KB)"
            self._note("step", "completed", now, fields)
            self._after_on_enter(step.state, now)
            return
        before, size_before = self._thread, self._data_size()
        if isinstance(step.logic, ScriptLogic) and forgery.changes(self._definition, value, self._data()):
            self._note("step", "failed", now, fields | {"code": "script_error", "message": forgery.MESSAGE})
            self.fail("script_error", forgery.MESSAGE, now)
            return
        try:
            written = self._written_by_logic(step, value)
            # A script returns what it was given, touched or not. What a service answered counts as written.
            always = written.values.keys() if isinstance(step.logic, HttpLogic) else ()
            found = self._write(written, writer(step.state.name), always)
        except results.NoPlaceError as error:
            self._note("step", "failed", now, fields | {"code": "http_error", "message": str(error)})
            self.fail("http_error", str(error), now)
            return
        if isinstance(step.logic, HttpLogic):
            fields["http_status"] = value["status"]
        if self._data_size() > max(limits.WORKFLOW_DATA_BYTES, size_before):
            self._thread = before
            self.fail("workflow_data_too_large", "workflow_data is over 256 KB", now)
            return
        self._note("step", "completed", now, fields | ({"changes": found} if found else {}))
        # A retry does not repeat what is done.
        self._thread = replace(self._thread, phase=Phase.LEAVE)
        self._leave(now)

    def _failed(self, step: Step, outcome: Failed, now: Millis, retry_at: Millis | None) -> None:
        fields = self._step_fields(step, outcome.logs, outcome.duration_ms)
        fields |= {"code": outcome.code, "message": outcome.message}
        if retry_at is not None:
            self._note("step", "failed", now, fields | {"retry_at": retry_at})
            self._thread = replace(self._thread, attempt=step.attempt + 1, due_at=retry_at)
            return
        self._note("step", "failed", now, fields)
        self.fail(outcome.code, outcome.message, now)

    def _after_on_enter(self, state: State, now: Millis) -> None:
        if self._thread.outcome is not None:
            self._thread = replace(self._thread, phase=Phase.ENDED, due_at=None)
        else:
            self._thread = replace(self._thread, phase=Phase.BODY, attempt=1, due_at=None)
            self._body(state, now)

    def _leave(self, now: Millis) -> None:
        state = self._definition.states[self._thread.state]
        transition = self._choose(state, self.scope(), None)
        if transition is None:
            self.fail("invalid_transition", f"No transition of state '{state.name}' matches", now)
        else:
            self._go(transition.target, "automatic", now, transition.key)

    def _choose(self, state: State, scope: Scope, choice: str | None) -> Transition | None:
        keyed = choice is not None and any(each.key == choice for each in state.transitions)
        for transition in state.transitions:
            if keyed and transition.key is not None and transition.key != choice:
                continue
            if state.transition_mode == "selection" and transition.key != choice:
                continue
            if conditions.evaluate(transition.condition, scope):
                return transition
        return None

    def _written_by_logic(self, step: Step, value: Json) -> Written:
        if isinstance(step.logic, ScriptLogic):
            return Written(value or {})
        return results.place(step.state, value, self._data(), self._all_writers())
