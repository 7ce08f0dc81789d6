"""Runs one piece of a state's logic: a script, an HTTP call, or a text that a model writes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from interactor.core.logic import Failed, HttpCall, ModelCall, Outcome, ScriptCall
from interactor.core.times import Millis
from interactor.core.world import Provider
from interactor.logs import logger

if TYPE_CHECKING:
    from interactor.logic.bedrock import Models
    from interactor.outgoing import OutgoingClient


class Scripts(Protocol):
    """Runs scripts where there is nothing to steal."""

    def run(self, call: ScriptCall) -> Outcome:
        """Return how the script ended. It never raises for what the script does."""


class Secrets(Protocol):
    """The secrets of all accounts."""

    def read(self, account: str) -> Mapping[str, str]:
        """Return an account's secrets, by name."""


class Logic:
    """Runs logic. Each part is passed as its provider, because few requests need one, and none needs all."""

    def __init__(
        self,
        scripts: Provider[Scripts],
        outgoing: "Provider[OutgoingClient]",
        models: "Provider[Models]",
        secrets: Provider[Secrets],
        now: Callable[[], Millis],
    ) -> None:
        self._scripts = scripts
        self._outgoing = outgoing
        self._models = models
        self._secrets = secrets
        self._now = now

    def secrets_of(self, account: str) -> Mapping[str, str]:
        """Return the secrets of an account, by name.

        Raises:
            StoreUnavailableError: they cannot be read.
        """
        return self._secrets().read(account)

    def script(self, call: ScriptCall) -> Outcome:
        """Return how a script ended."""
        return self._scripts().run(call)

    def request(self, call: HttpCall, headers: Mapping[str, str], mask: Callable[[str], str]) -> Outcome:
        """Return how an outgoing request with extra headers ended. What is quoted of an answer is masked first."""
        from interactor.logic.http import run_http_call

        return run_http_call(self._outgoing(), call, headers, now=self._now, mask=mask)

    def text(self, call: ModelCall) -> Outcome:
        """Return a text that a model wrote, or why there is none. It never raises for what the model answers."""
        outcome = self._models()(call)
        if isinstance(outcome, Failed):
            logger.warning("no text of a model", extra={"code": outcome.code, "reason": outcome.message})
        return outcome
