"""The parts that run a state's logic."""

from functools import cached_property
from typing import TYPE_CHECKING

from interactor.aws import boto
from interactor.settings import pairs

if TYPE_CHECKING:
    from interactor.core.world import World
    from interactor.logic.bedrock import Models
    from interactor.logic.run import Logic
    from interactor.logic.secrets import SecretStore
    from interactor.outgoing import OutgoingClient
    from interactor.sandbox.wire import Scripts
    from interactor.settings import Settings


class LogicProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(self, settings: "Settings", world: "World") -> None:
        self._settings = settings
        self._world = world

    @cached_property
    def logic(self) -> "Logic":
        """Runs one piece of logic, whatever its kind."""
        from interactor.logic.run import Logic

        return Logic(
            scripts=lambda: self.sandbox,
            outgoing=lambda: self.outgoing,
            models=lambda: self.models,
            secrets=lambda: self.secrets,
            now=self._world.now,
        )

    @cached_property
    def sandbox(self) -> "Scripts":
        """Runs scripts and parses them: in a separate function, or in child processes of this one."""
        if self._settings.script_function:
            from interactor.logic import script_function

            client = boto.client("lambda", script_function.CONFIG)
            return script_function.ScriptFunction(client, self._settings.script_function, self._world)
        from interactor.sandbox import Sandbox

        return Sandbox()

    @cached_property
    def outgoing(self) -> "OutgoingClient":
        """Makes outgoing requests."""
        from interactor.outgoing import OutgoingClient

        settings = self._settings
        return OutgoingClient(settings.outbound_allow_loopback, private=settings.outgoing_private_ranges)

    @cached_property
    def models(self) -> "Models":
        """Asks models to write."""
        from interactor.logic import bedrock, stand_in

        if self._settings.ai_models == stand_in.NAME:
            return stand_in.write
        clients = lambda: boto.client("bedrock-runtime", bedrock.CONFIG)  # noqa: E731
        return bedrock.Bedrock(clients, pairs(self._settings.ai_models), self._world.now)

    @cached_property
    def secrets(self) -> "SecretStore":
        """The accounts' secrets."""
        from interactor.logic.secrets import SecretStore

        return SecretStore(boto.client("secretsmanager"), self._settings.secrets_prefix, self._world.now)
