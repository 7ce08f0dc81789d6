"""The parts that store and check workflow definitions."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interactor.aws.provider import AwsProvider
    from interactor.core.world import Provider, World
    from interactor.definitions.store import DefinitionStore
    from interactor.definitions.workflows import Definitions
    from interactor.sandbox.wire import Scripts
    from interactor.settings import Settings


class DefinitionsProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(self, settings: "Settings", world: "World", aws: "AwsProvider", sandbox: "Provider[Scripts]") -> None:
        self._settings = settings
        self._world = world
        self._aws = aws
        self._sandbox = sandbox

    @cached_property
    def store(self) -> "DefinitionStore":
        """Stored workflows."""
        from interactor.definitions.store import DefinitionStore

        return DefinitionStore(self._aws.table)

    @cached_property
    def workflows(self) -> "Definitions":
        """Definitions, with the check of their scripts."""
        from interactor.definitions.workflows import Definitions

        return Definitions(
            self._world,
            self.store,
            lambda code: self._sandbox().check(code),
            self._settings.workflows_per_account,
            self._settings.versions_per_workflow,
        )
