"""Webhook subscriptions: make, list, remove (rulings 35, 36)."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.core import ids, limits
from interactor.core.errors import (
    ForbiddenError,
    InvalidRequestError,
    SubscriptionNotFoundError,
    SubscriptionQuotaExceededError,
)
from interactor.core.principal import ALL, Principal
from interactor.core.storing import Item
from interactor.core.urls import check_url
from interactor.core.webhooks import EVENT_TYPES, Subscription
from interactor.usecases.world import World

if TYPE_CHECKING:
    from interactor.adapters.dynamo.subscriptions import SubscriptionStore

SHORTEST_SECRET = 32


Also = Callable[[Subscription], Item]
"""One more write for the transaction, made from what it stores: an idempotency key's record."""


@dataclass(frozen=True)
class Subscriptions:
    """What the use cases of this module share."""

    world: World
    store: "SubscriptionStore"
    allow_loopback: bool


@dataclass(frozen=True)
class Wanted:
    """A subscription as it is asked for; ``secret`` None: one is made."""

    url: str
    events: tuple[str, ...]
    secret: str | None
    namespace_filter: str | None


def create(
    subscriptions: Subscriptions, principal: Principal, wanted: Wanted, also: Also | None = None
) -> Subscription:
    """Make a subscription for the namespaces of the caller's token. Names in the URL are not resolved.

    Raises:
        InvalidRequestError: with all wrong fields.
        ForbiddenError: when the token does not hold the namespace of the filter.
        SubscriptionQuotaExceededError: when the account has 50.
    """
    _check(subscriptions, wanted)
    if wanted.namespace_filter is not None and not principal.holds(wanted.namespace_filter):
        raise ForbiddenError(f"The token does not hold the namespace '{wanted.namespace_filter}'")
    if len(subscriptions.store.all(principal.account)) >= limits.SUBSCRIPTIONS_PER_ACCOUNT:
        raise SubscriptionQuotaExceededError(
            f"The account has {limits.SUBSCRIPTIONS_PER_ACCOUNT} subscriptions, as many as it may; delete one first"
        )
    subscription = Subscription(
        id=subscriptions.world.new_id("whsub"),
        account=principal.account,
        url=wanted.url,
        events=tuple(dict.fromkeys(wanted.events)),
        secret=wanted.secret or _new_secret(subscriptions.world),
        namespaces=principal.namespaces,
        created_at=subscriptions.world.now(),
        namespace_filter=wanted.namespace_filter,
    )
    extra = [also(subscription)] if also is not None else []
    subscriptions.store.add(subscription, subscriptions.world.entropy(16).hex(), extra)
    return subscription


def visible(store: "SubscriptionStore", principal: Principal) -> list[Subscription]:
    """The subscriptions that lie within the caller's namespaces, newest first."""
    return [each for each in store.all(principal.account) if _may_see(principal, each)]


def delete(store: "SubscriptionStore", principal: Principal, subscription_id: str) -> None:
    """Remove a subscription.

    Raises:
        SubscriptionNotFoundError: when the caller knows of none with this id.
    """
    well_formed = ids.is_id(subscription_id, "whsub")
    found = store.get(principal.account, subscription_id) if well_formed else None
    if found is None or not _may_see(principal, found):
        raise SubscriptionNotFoundError(subscription_id)
    store.delete(principal.account, subscription_id)


def _may_see(principal: Principal, subscription: Subscription) -> bool:
    if principal.namespaces is ALL:
        return True
    return subscription.namespaces is not ALL and set(subscription.namespaces) <= set(principal.namespaces)


def _check(subscriptions: Subscriptions, wanted: Wanted) -> None:
    wrong = []
    refusal = check_url(wanted.url, https_only=True, allow_loopback=subscriptions.allow_loopback)
    if refusal is not None:
        wrong.append({"field": "url", "message": refusal})
    unknown = [event for event in wanted.events if event not in EVENT_TYPES]
    if unknown or not wanted.events:
        message = f"must name some of {', '.join(EVENT_TYPES)}" + (f"; unknown: {unknown[0][:80]}" if unknown else "")
        wrong.append({"field": "events", "message": message})
    if wanted.secret is not None and len(wanted.secret) < SHORTEST_SECRET:
        wrong.append({"field": "secret", "message": f"must have {SHORTEST_SECRET} characters or more"})
    if wrong:
        raise InvalidRequestError("The subscription has wrong fields; details lists them", wrong)


def _new_secret(world: World) -> str:
    return "whsec_" + base64.b64encode(world.entropy(30)).decode()
