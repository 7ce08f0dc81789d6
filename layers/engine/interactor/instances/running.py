"""Runs the pending steps of an advance: pure steps one after the other, any other step alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from interactor.core.logic import Failed, ModelCall, Outcome, ScriptCall
from interactor.core.storing import StoreUnavailableError
from interactor.core.templates import TemplateError
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.definitions.rules.model import HttpLogic, Instructions, ScriptLogic, Work
from interactor.instances.rules.instance import Phase
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.thread_draft import Step
from interactor.logic.rules import calls, instructions
from interactor.logic.rules.masking import Mask

if TYPE_CHECKING:
    from interactor.logic.run import Logic


class StepRunner:
    """Runs logic and gives the outcome to an advance, with secrets and sensitive values masked."""

    def __init__(self, world: World, logic: "Logic", retry_delays: Sequence[Millis]) -> None:
        self._world = world
        self._logic = logic
        self._retry_delays = retry_delays

    def run_pure(self, account: str, advance: Advance, deadline: Millis, scripts: bool = True) -> None:
        """Run the steps of a thread that need no outside call, until it rests, is full, or the budget is used up.

        Without ``scripts`` it stops before the next script.
        """
        while (step := advance.step) is not None and not advance.full and self._world.now() < deadline:
            if step.outside or advance.ended or advance.waits(self._world.now()):
                return
            if step.logic is not None and not scripts:
                return
            if step.logic is None:
                advance.run_rules(self._world.now())
            else:
                self.run_step(account, advance, step.logic, {})

    def run_step(self, account: str, advance: Advance, logic: Work, headers: Mapping[str, str]) -> None:
        """Run one piece of logic and give the outcome to the advance, with secrets and sensitive values masked."""
        step = advance.step
        if step is None:
            raise AssertionError("no step is pending")
        if isinstance(logic, Instructions):
            advance.complete(self._written(account, advance, logic), self._world.now())
            return
        # A service may return what an earlier step sent it, so every outside answer is masked.
        secrets = self._logic.secrets_of(account) if step.outside or calls.mentioned_secrets(logic) else {}
        used = calls.used_secrets(logic)
        mask = Mask(secrets, used, advance.sensitive(calls.written(logic)))
        call = calls.prepare(logic, advance.scope(), secrets)
        if isinstance(call, Failed):
            outcome: Outcome = call
        elif isinstance(call, ScriptCall):
            outcome = self._logic.script(replace(call, tenant=account))
        else:
            outcome = self._logic.request(call, headers, mask.text)
        now = self._world.now()
        # The author decides where a script puts what it was given, and the next step may need it.
        kept = isinstance(logic, ScriptLogic) and step.phase is Phase.LOGIC
        advance.complete(mask.outcome(outcome, keep_fields=kept), now, self._retry_at(step, outcome, now))

    def _written(self, account: str, advance: Advance, wanted: Instructions) -> Outcome:
        """Return what a model wrote for a halt, or why it did not. Whatever fails here, the halt comes (ruling 30)."""
        try:
            mask = Mask(self._logic.secrets_of(account), sensitive=advance.sensitive(""))
            call = instructions.prepare(wanted, advance.shown_scope())
        except (StoreUnavailableError, ValueError) as error:
            # Without the secrets nothing could be masked, so nothing is sent.
            told = str(error) if isinstance(error, TemplateError) else "the account's secrets could not be read"
            return Failed(instructions.ERROR, told)
        asked = ModelCall(call.model, mask.text(call.task), mask.value(call.data))
        return mask.outcome(self._logic.text(asked))

    def _retry_at(self, step: Step, outcome: Outcome, now: Millis) -> Millis | None:
        logic = step.logic
        if not isinstance(outcome, Failed) or not outcome.retryable or not isinstance(logic, HttpLogic):
            return None
        if step.attempt >= logic.attempts:
            return None
        delays = self._retry_delays
        linear = logic.backoff == "linear"
        delay = delays[0] * step.attempt if linear else delays[min(step.attempt, len(delays)) - 1]
        return now + max(delay, outcome.retry_after_ms or 0)
