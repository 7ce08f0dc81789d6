"""The parts that run and store instances."""

from functools import cached_property
from typing import TYPE_CHECKING

from interactor.aws import boto

if TYPE_CHECKING:
    from interactor.aws.provider import AwsProvider
    from interactor.core.times import Millis
    from interactor.core.world import Provider, World
    from interactor.definitions.provider import DefinitionsProvider
    from interactor.instances.engine import Engine
    from interactor.instances.ports import GroupDirectory, HaltFiles
    from interactor.instances.step_queue import StepQueue
    from interactor.instances.store.instances import InstanceStore
    from interactor.logic.provider import LogicProvider
    from interactor.settings import Settings


class InstancesProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(
        self,
        settings: "Settings",
        world: "World",
        aws: "AwsProvider",
        definitions: "DefinitionsProvider",
        logic: "LogicProvider",
        files: "Provider[HaltFiles]",
        directory: "Provider[GroupDirectory]",
    ) -> None:
        self._settings = settings
        self._world = world
        self._aws = aws
        self._definitions = definitions
        self._logic = logic
        self._files = files
        self._directory = directory

    @cached_property
    def store(self) -> "InstanceStore":
        """Stored instances."""
        from interactor.instances.store.instances import InstanceStore

        return InstanceStore(self._aws.table, self._settings.index_shards)

    @cached_property
    def steps_queue(self) -> "StepQueue":
        """Step hints."""
        from interactor.instances.step_queue import StepQueue

        return StepQueue(lambda: boto.client("sqs"), self._settings.steps_queue_url)

    @cached_property
    def engine(self) -> "Engine":
        """Moves instances."""
        from interactor.instances.engine import Engine, Rules
        from interactor.instances.rules.lifetimes import Lifetimes

        settings = self._settings
        rules = Rules(
            lifetimes=Lifetimes(
                settings.running_ttl, settings.halted_ttl, settings.retention_after_end, settings.file_retention
            ),
            quota=settings.namespace_quota,
            redacted_words=settings.redact_fields,
            inline_budget=settings.inline_budget_ms,
            retry_delays=settings.http_retry_delays,
        )
        return Engine(
            self._world,
            self.store,
            self._definitions.store,
            self._logic.logic,
            self.steps_queue,
            self._files,
            self._directory,
            rules,
        )

    def ended_since(self) -> "Millis":
        """Return the moment before which ended instances are no longer shown (ruling 24)."""
        return self._world.now() - self._settings.retention_after_end
