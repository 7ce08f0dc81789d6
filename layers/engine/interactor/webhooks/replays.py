"""Delivering again what the log knows: one delivery, or all undelivered events of a range of time.

A range is worked through in steps, each a message that sends the next one, so that it may be of any length and goes
on after a crash. What a step sends is named after the replay and the delivery: a step that runs twice sends the same
deliveries. An event is replayed once by a range, from its latest delivery: a second replay of the range leaves alone
what the first one has under way, or delivered. For that, and so that nobody fills the queue with replays, one range of
a subscription is worked through at a time, no faster than the subscription is served; others wait for it.

What is replayed from the exhausted queue is then taken out of it: see ``draining``.
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
from interactor.webhooks.rules.concurrency import PER_MINUTE
from interactor.webhooks.rules.delivery import Delivery, Range, State, replayed, waiting
from interactor.webhooks.rules.events import Subscription

if TYPE_CHECKING:
    from interactor.webhooks.store.concurrency import ConcurrencyStore
    from interactor.webhooks.store.deliveries import DeliveryStore
    from interactor.webhooks.store.subscriptions import SubscriptionStore

ONE_AT_A_TIME: Millis = 3 * MINUTE
"""A replay that died holds up others for so long: its message comes again before that."""
LONGEST_WAIT: Millis = MINUTE
STEP = 50
"""Deliveries that one step sends, about."""


@dataclass(frozen=True)
class Replays:
    """Replays, of one delivery and of ranges."""

    world: World
    log: "DeliveryStore"
    subscriptions: "SubscriptionStore"
    gates: "ConcurrencyStore"
    messages: Messages

    def send(self, account: str, subscription_id: str, chosen: Sequence[tuple[Delivery, str]]) -> int:
        """Deliver each of these once more, under a new id; answers how many of them lie in the exhausted queue.

        The messages go first. What happens to the log after that is only what it shows, and what later replays leave
        out: to repeat all of it sends nothing new.
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
        """Deliver one once more, whatever became of it; the id of the new delivery."""
        new_id = self.world.new_id("del")
        exhausted = self.send(subscription.account, subscription.id, [(delivery, new_id)])
        begin_redrive(self.messages, subscription.account, subscription.id, exhausted)
        return new_id

    def begin(self, subscription: Subscription, since: Millis, until: Millis, states: tuple[State, ...]) -> str:
        """Begin a replay; its id. What happens from now on, its own deliveries for one, is not part of it."""
        replay_id, latest = self.world.new_id("replay"), self.world.now() - 1
        wanted = Range(replay_id, subscription.account, subscription.id, since, min(until, latest), states)
        self.messages.send_all([(_message(wanted), subscription.id, 0)])
        return replay_id

    def step(self, message: JsonObject) -> None:
        """Send the next deliveries of a replay, then the message of the step after it."""
        wanted = _range(message)
        place = wanted.account, wanted.subscription_id
        now = self.world.now()
        if not self.gates.enter(*place, wanted.id, now, now + ONE_AT_A_TIME):
            waits = message.get("waits", 0) + 1
            following = {**message, "waits": waits}
            self.messages.send_all([(following, wanted.subscription_id, min(waits * 3 * SECOND, LONGEST_WAIT))])
            return
        subscription = self.subscriptions.get(*place)
        if subscription is None or subscription.status != "active":
            # What was sent until now is replayed all the same.
            begin_redrive(self.messages, *place, wanted.exhausted)
            self.gates.leave(*place, wanted.id)
            return
        portion = self.log.within(wanted, STEP, now)
        begun = ids.moment_of(wanted.id)
        sent = self.send(*place, [(each, ids.derive("del", begun, wanted.id, each.id)) for each in portion.chosen])
        exhausted = wanted.exhausted + portion.repeated + sent
        if portion.position is None:
            begin_redrive(self.messages, *place, exhausted)
            self.gates.leave(*place, wanted.id)
        else:
            following = _message(replace(wanted, after=portion.position, exhausted=exhausted))
            # In whole seconds, as a queue delays: a few do not wait at all.
            pause = len(portion.chosen) * MINUTE // PER_MINUTE // SECOND * SECOND
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
