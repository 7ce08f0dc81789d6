"""Replays: deliver one logged delivery again, or all undelivered events of a time range.

A range is replayed in steps. Each step is a message that sends the message of the next, so a range may be of any length
and continues after a crash. The ids of new deliveries are derived from the replay and the old delivery, so a step that
runs twice sends the same deliveries. A range replays each event once, from its latest delivery: a second replay of the
same range skips what the first has pending or delivered. For this reason, and so that nobody fills the queue with
replays, ranges of one subscription are replayed one after the other, no faster than the subscription is served.

Replayed messages are then removed from the exhausted queue: see ``redrive``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.times import MINUTE, SECOND, Millis
from interactor.core.world import World
from interactor.webhooks.redrive import begin_redrive
from interactor.webhooks.relay import Messages
from interactor.webhooks.rules.delivery import Delivery, Range, State, replayed, waiting
from interactor.webhooks.rules.events import Subscription

if TYPE_CHECKING:
    from interactor.webhooks.store.concurrency import ConcurrencyStore
    from interactor.webhooks.store.deliveries import DeliveryStore
    from interactor.webhooks.store.subscriptions import SubscriptionStore

ONE_AT_A_TIME: Millis = 3 * MINUTE
"""How long a replay that died blocks others. Its message comes again before that."""
LONGEST_WAIT: Millis = MINUTE
STEP = 50
"""How many deliveries one step sends, approximately; fewer if that is more than the subscription has in a minute."""


@dataclass(frozen=True)
class Replays:
    """Replays, of one delivery and of ranges."""

    world: World
    log: "DeliveryStore"
    subscriptions: "SubscriptionStore"
    concurrency: "ConcurrencyStore"
    messages: Messages

    def send(self, account: str, subscription_id: str, chosen: Sequence[tuple[Delivery, str]]) -> int:
        """Deliver each of these again under a new id. Returns how many of them are in the exhausted queue.

        The messages are sent first. The writes to the log after that only decide what it shows and what later replays
        skip, so repeating all of this sends nothing new.
        """
        self.messages.send_all(
            [(replayed(account, subscription_id, each, new_id), subscription_id, 0) for each, new_id in chosen]
        )
        for each, new_id in chosen:
            self.log.note(account, subscription_id, waiting(each, new_id), self.world.now())
            for marked in {each.id, each.first}:
                self.log.mark_replayed(account, subscription_id, marked, new_id)
        return sum(each.state == "exhausted" and not each.source.get("test") for each, _ in chosen)

    def one(self, subscription: Subscription, delivery: Delivery) -> str:
        """Deliver one delivery again, whatever its state. Returns the id of the new delivery."""
        new_id = self.world.new_id("del")
        exhausted = self.send(subscription.account, subscription.id, [(delivery, new_id)])
        begin_redrive(self.messages, subscription.account, subscription.id, exhausted)
        return new_id

    def begin(self, subscription: Subscription, since: Millis, until: Millis, states: tuple[State, ...]) -> str:
        """Begin a replay and return its id. Later events and deliveries, such as its own, are not part of it."""
        replay_id, latest = self.world.new_id("replay"), self.world.now() - 1
        wanted = Range(replay_id, subscription.account, subscription.id, since, min(until, latest), states)
        self.messages.send_all([(_message(wanted), subscription.id, 0)])
        return replay_id

    def step(self, message: JsonObject) -> None:
        """Send the next deliveries of a replay, then the message of the step after it."""
        wanted = _range(message)
        key = wanted.account, wanted.subscription_id
        now = self.world.now()
        if not self.concurrency.enter(*key, wanted.id, now, now + ONE_AT_A_TIME):
            waits = message.get("waits", 0) + 1
            following = {**message, "waits": waits}
            self.messages.send_all([(following, wanted.subscription_id, min(waits * 3 * SECOND, LONGEST_WAIT))])
            return
        subscription = self.subscriptions.get(*key)
        if subscription is None or subscription.status != "active":
            # What was sent until now counts as replayed.
            begin_redrive(self.messages, *key, wanted.exhausted)
            self.concurrency.leave(*key, wanted.id)
            return
        portion = self.log.within(wanted, min(STEP, subscription.rate), now)
        begun = ids.moment_of(wanted.id)
        sent = self.send(*key, [(each, ids.derive("del", begun, wanted.id, each.id)) for each in portion.chosen])
        exhausted = wanted.exhausted + portion.repeated + sent
        if portion.position is None:
            begin_redrive(self.messages, *key, exhausted)
            self.concurrency.leave(*key, wanted.id)
        else:
            following = _message(replace(wanted, after=portion.position, exhausted=exhausted))
            # In whole seconds, because a queue delays by these. After few deliveries there is no pause.
            pause = len(portion.chosen) * MINUTE // subscription.rate // SECOND * SECOND
            self.messages.send_all([(following, subscription.id, pause)])


def _message(wanted: Range) -> JsonObject:
    return {
        "replay": wanted.id,
        "account": wanted.account,
        "subscription_id": wanted.subscription_id,
        "since": wanted.since,
        "until": wanted.until,
        "states": list(wanted.states),
        "after": wanted.after,
        "exhausted": wanted.exhausted,
    }


def _range(message: JsonObject) -> Range:
    return Range(
        message["replay"],
        message["account"],
        message["subscription_id"],
        message["since"],
        message["until"],
        tuple(message["states"]),
        message["after"],
        message.get("exhausted", 0),
    )
