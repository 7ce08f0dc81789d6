"""Delivering again what the log knows: one delivery, or all undelivered ones of a range of time.

A range is worked through in steps of one page, each a message that sends the next one, so that it may be of any
length and goes on after a crash. What a step sends is named after the replay and the delivery: a step that runs
twice sends the same deliveries.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from interactor.core import ids
from interactor.core.deliveries import Range, State, replayed
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.core.webhooks import Subscription
from interactor.usecases.relay import Messages
from interactor.usecases.world import World

if TYPE_CHECKING:
    from interactor.adapters.dynamo.deliveries import DeliveryStore
    from interactor.adapters.dynamo.subscriptions import SubscriptionStore

STEP = 50
"""Deliveries of the log that one step reads."""


@dataclass(frozen=True)
class Replays:
    """Replays of ranges."""

    world: World
    log: "DeliveryStore"
    subscriptions: "SubscriptionStore"
    messages: Messages

    def begin(self, subscription: Subscription, since: Millis, until: Millis, states: tuple[State, ...]) -> str:
        """Begin a replay; its id. What happens from now on, its own deliveries for one, is not part of it."""
        replay_id, latest = self.world.new_id("replay"), self.world.now() - 1
        wanted = Range(replay_id, subscription.account, subscription.id, since, min(until, latest), states)
        self.messages.send_all([(_message(wanted), subscription.id, 0)])
        return replay_id

    def step(self, message: JsonObject) -> None:
        """Send the next deliveries of a replay, then the message of the step after it."""
        wanted = _range(message)
        subscription = self.subscriptions.get(wanted.account, wanted.subscription_id)
        if subscription is None or subscription.status != "active":
            return
        found, position = self.log.within(wanted, STEP, self.world.now())
        begun = ids.moment_of(wanted.id)
        self.messages.send_all(
            [
                (
                    replayed(wanted.account, subscription.id, each, ids.derive("del", begun, wanted.id, each.id)),
                    subscription.id,
                    0,
                )
                for each in found
                if not each.source.get("test")
            ]
        )
        if position is not None:
            self.messages.send_all([(_message(replace(wanted, after=position)), subscription.id, 0)])


def _message(wanted: Range) -> JsonObject:
    return {
        "replay": wanted.id,
        "account": wanted.account,
        "subscription_id": wanted.subscription_id,
        "since": wanted.since,
        "until": wanted.until,
        "states": list(wanted.states),
        "after": wanted.after,
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
    )
