"""One tick of the clock: the shards are read in parallel, and the log says what was left for the next tick."""

from concurrent.futures import ThreadPoolExecutor

from interactor.aws.dynamo import keys
from interactor.instances.clock import Clock
from interactor.logs import logger
from interactor.services import services
from interactor.workers.causes import cause

AT_ONCE = 16
DUE = [keys.due_shard(number) for number in range(keys.DUE_SHARDS)]
CLEANING = [keys.cleaning_shard(number) for number in range(keys.CLEANING_SHARDS)]
TOLD_ACCOUNTS = 20


def tick_once() -> None:
    """Send the hints of one tick.

    Raises:
        Exception: the first failure of the shards or the queue, after all others were served. It causes an alarm.
    """
    parts = services()
    instances, queue = parts.instances.store, parts.instances.steps_queue
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ticked = Clock(parts.world, instances, queue, pool.map).tick(DUE, CLEANING)
    if ticked.sent:
        logger.info("clock hinted", extra={"hints": ticked.sent})
    if ticked.skipped or ticked.unsent or ticked.unread:
        most = dict(sorted(ticked.skipped.items(), key=lambda each: -each[1])[:TOLD_ACCOUNTS])
        told = {
            "skipped": sum(ticked.skipped.values()),
            "accounts": most,
            "unsent": ticked.unsent,
            "unread_shards": ticked.unread,
        }
        logger.warning("the clock leaves overdue work for the next tick", extra=told)
    for error in ticked.failed:
        logger.error("the clock could not read a shard or send hints", extra=cause(error))
    if ticked.failed:
        raise ticked.failed[0]
