"""Pause, unpause, retry and cancel: use cases for an instance as a whole (rulings 24 and 29)."""

from interactor.core.errors import NamespaceQuotaExceededError
from interactor.instances.engine import Cause, Engine, staying
from interactor.instances.rules import lifecycle
from interactor.instances.rules.lifecycle import cancel
from interactor.instances.rules.lifetimes import expires_at, timer_due
from interactor.instances.rules.settle import OvertakenError
from interactor.instances.rules.stored import Head, StepHint

EXPIRED = "expired"


def pause(engine: Engine, head: Head, cause: Cause) -> Head:
    """Pause an instance. A paused one stays as it is.

    Raises:
        InstanceNotActiveError: it has ended.
    """

    def judge(present: Head, commit_id: str) -> Head:
        if present.instance.paused:
            return present
        settled = lifecycle.pause(present.instance, cause.by, engine.world.now(), bytes.fromhex(commit_id))
        return engine.write(present, settled, commit_id, present.leases, cause.remember, reserve=True)

    return engine.insist(head, judge)


def unpause(engine: Engine, head: Head, cause: Cause) -> Head:
    """Unpause an instance. One that is not paused stays as it is. A timeout that came due meanwhile takes effect now.

    Raises:
        InstanceNotActiveError: it has ended.
    """

    def judge(present: Head, commit_id: str) -> Head:
        instance = present.instance
        if not instance.paused and not instance.ended:
            return present
        settled = lifecycle.unpause(instance, cause.by, engine.world.now(), bytes.fromhex(commit_id))
        return engine.write(present, settled, commit_id, present.leases, cause.remember, reserve=True)

    committed = engine.insist(head, judge)
    engine.hint_at(committed)
    now = engine.world.now()
    if any(timer_due(thread, now) for thread in committed.instance.threads.values()):
        engine.hints.send_again(StepHint(committed.instance.account, committed.instance.id), 0)
    return committed


def retry(engine: Engine, head: Head, cause: Cause) -> Head:
    """Continue a failed instance from the step that failed. It counts against its namespace's quota again.

    Raises:
        InstanceNotFailedError: it has not failed.
        NamespaceQuotaExceededError: the namespace is full.
        InstanceTooLargeError: there is only the room that was reserved for its failure.
    """
    definition = engine.definition_of(head.instance)
    shards = engine.quota_shards(head.instance.account, head.instance.namespace)
    deadline = engine.world.now() + engine.rules.inline_budget

    def judge(present: Head, commit_id: str) -> Head:
        while shards:
            shard, room = shards[0]
            settled = lifecycle.retry(
                definition, present.instance, cause.by, engine.world.now(), bytes.fromhex(commit_id), shard
            )
            try:
                return engine.write(present, settled, commit_id, staying(present, settled), cause.remember, room)
            except NamespaceQuotaExceededError:
                shards.pop(0)
                commit_id = engine.world.entropy(16).hex()
        raise NamespaceQuotaExceededError(f"Namespace '{head.instance.namespace}' is full; end some instances first")

    return engine.carry_on(definition, engine.insist(head, judge), cause.by, deadline)


def cancel_instance(engine: Engine, head: Head, cause: Cause, reason: str = "requested") -> Head:
    """Cancel an instance with all its threads, whatever its present head is.

    It tries until it wins or the instance has ended (ruling 24).

    Raises:
        InstanceNotActiveError: it has ended.
    """

    def judge(present: Head, commit_id: str) -> Head:
        now = engine.world.now()
        if reason == EXPIRED and expires_at(present.instance, engine.rules.lifetimes) > now:
            # A resume that commits before the expiry wins (invariant 3).
            raise OvertakenError
        settled = cancel(
            present.instance, reason, cause.by, engine.under_way(present, now), now, bytes.fromhex(commit_id)
        )
        return engine.write(present, settled, commit_id, staying(present, settled), cause.remember, reserve=True)

    return engine.insist(head, judge)
