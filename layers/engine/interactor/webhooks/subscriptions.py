"""Webhook subscriptions: create, list, change, delete (rulings 34 to 36).

A change is made to what was read, and stored unless another change came first. In that case it is made again.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from interactor.access.rules.principal import ALL, Principal
from interactor.core import ids, limits
from interactor.core.addresses import Ranges
from interactor.core.errors import (
    ConcurrentModificationError,
    ForbiddenError,
    InvalidRequestError,
    SubscriptionNotFoundError,
    SubscriptionQuotaExceededError,
)
from interactor.core.jsons import JsonObject
from interactor.core.storing import ContendedError, GuardLostError, Item, StoreBusyError
from interactor.core.urls import check_url
from interactor.core.world import Provider, World
from interactor.webhooks.rules.events import EVENT_TYPES, DisabledBecause, Status, Subscription, disabled_event

if TYPE_CHECKING:
    from interactor.webhooks.store.subscriptions import SubscriptionStore

SHORTEST_SECRET = 32
CHANGE_ATTEMPTS = 8
CREATE_ATTEMPTS = 12
"""More attempts would take longer than the request may."""


class Sealer(Protocol):
    """Encrypts and decrypts texts of one account that must not be stored in the clear."""

    def seal(self, account: str, text: str) -> str:
        """Return the text, encrypted."""

    def open(self, account: str, sealed: str) -> str:
        """Return the text, decrypted."""


Edit = Callable[[Subscription], Subscription]
Also = Callable[[Subscription], Item]
"""Makes one more write for the transaction from what it stores: the record of an idempotency key."""


AlsoSecret = Callable[[Subscription, str], Item]
"""The same for an answer that shows a secret, which is passed in the clear."""


@dataclass(frozen=True)
class Subscriptions:
    """The parts that the use cases of this module share."""

    world: World
    store: "SubscriptionStore"
    sealer: Provider[Sealer]
    account_event: Callable[[str, JsonObject], Item]
    """Makes the write that adds an event of an account, for the transaction of the change itself."""
    allow_loopback: bool
    private: Ranges = ()
    """Ranges whose private addresses a subscription may name."""

    def refusal(self, url: str) -> str | None:
        """Return a sentence that says why a URL cannot have webhooks, or None if it can."""
        return check_url(url, https_only=True, allow_loopback=self.allow_loopback, private=self.private)


@dataclass(frozen=True)
class NewSubscription:
    """A request for a new subscription. ``secret`` None: generate one."""

    url: str
    events: tuple[str, ...]
    secret: str | None
    namespace_filter: str | None
    rate_per_minute: int | None = None


@dataclass(frozen=True)
class Changes:
    """A change by a caller. Fields that are not in ``given`` stay.

    A ``namespace_filter`` of None means all of its namespaces. A ``rate_per_minute`` of None means the default.
    """

    given: frozenset[str]
    url: str = ""
    events: tuple[str, ...] = ()
    namespace_filter: str | None = None
    rate_per_minute: int | None = None
    status: Status = "active"


def create(
    subscriptions: Subscriptions, principal: Principal, wanted: NewSubscription, also: AlsoSecret | None = None
) -> tuple[Subscription, str]:
    """Create a subscription for the namespaces of the caller's token. Return it with its secret in the clear.

    Names in the URL are not resolved.

    Raises:
        InvalidRequestError: fields are wrong; the error names all of them.
        ForbiddenError: the token does not have the namespace of the filter.
        SubscriptionQuotaExceededError: the account already has 50.
    """
    _check(subscriptions, url=wanted.url, events=wanted.events, secret=wanted.secret)
    _check_filter(principal, wanted.namespace_filter)
    secret = wanted.secret or _new_secret(subscriptions.world)
    subscription = Subscription(
        id=subscriptions.world.new_id("whsub"),
        account=principal.account,
        url=wanted.url,
        events=tuple(dict.fromkeys(wanted.events)),
        secret=subscriptions.sealer().seal(principal.account, secret),
        namespaces=principal.namespaces,
        created_at=subscriptions.world.now(),
        namespace_filter=wanted.namespace_filter,
        rate_per_minute=wanted.rate_per_minute,
        created_by=principal.subject,
    )
    extra = [also(subscription, secret)] if also is not None else []
    for attempt in range(CREATE_ATTEMPTS):
        generation = subscriptions.store.generation(principal.account)
        if len(subscriptions.store.all(principal.account)) >= limits.SUBSCRIPTIONS_PER_ACCOUNT:
            raise SubscriptionQuotaExceededError(
                f"The account has {limits.SUBSCRIPTIONS_PER_ACCOUNT} subscriptions, as many as it may; delete one first"
            )
        try:
            subscriptions.store.add(subscription, generation, subscriptions.world.entropy(16).hex(), extra)
        except (GuardLostError, ContendedError):
            subscriptions.world.pause(attempt)
        else:
            return subscription, secret
    raise StoreBusyError("other subscriptions of the account kept being made first")


def find(store: "SubscriptionStore", principal: Principal, subscription_id: str) -> Subscription:
    """Return one subscription.

    Raises:
        SubscriptionNotFoundError: the caller knows of none with this id.
    """
    well_formed = ids.is_id(subscription_id, "whsub")
    found = store.get(principal.account, subscription_id) if well_formed else None
    if found is None or not _may_see(principal, found):
        raise SubscriptionNotFoundError(subscription_id)
    return found


def change(
    subscriptions: Subscriptions,
    principal: Principal,
    subscription_id: str,
    changes: Changes,
    also: Also | None = None,
) -> Subscription:
    """Apply a caller's change to a subscription.

    Raises:
        SubscriptionNotFoundError: the caller knows of none with this id.
        InvalidRequestError: fields are wrong; the error names all of them.
        ForbiddenError: the token does not have the namespace of the filter.
        ConcurrentModificationError: other changes came first each time.
    """
    given = changes.given
    find(subscriptions.store, principal, subscription_id)
    _check(
        subscriptions,
        url=changes.url if "url" in given else None,
        events=changes.events if "events" in given else None,
    )
    if "namespace_filter" in given:
        _check_filter(principal, changes.namespace_filter)

    def apply(found: Subscription) -> Subscription:
        if "url" in given:
            found = replace(found, url=changes.url)
        if "events" in given:
            found = replace(found, events=tuple(dict.fromkeys(changes.events)))
        if "namespace_filter" in given:
            _check_within(found, changes.namespace_filter)
            found = replace(found, namespace_filter=changes.namespace_filter)
        if "rate_per_minute" in given:
            found = replace(found, rate_per_minute=changes.rate_per_minute)
        if "status" in given and changes.status != found.status:
            active = changes.status == "active"
            found = found.enabled() if active else found.disabled("requested", subscriptions.world.now())
        return found

    return _store(subscriptions, lambda: find(subscriptions.store, principal, subscription_id), apply, also)


def rotate(
    subscriptions: Subscriptions,
    principal: Principal,
    subscription_id: str,
    given: str | None,
    also: AlsoSecret | None = None,
) -> tuple[Subscription, str]:
    """Give a subscription a new secret. The previous one stays valid for a day (ruling 34).

    Return the subscription, and the secret in the clear.

    Raises:
        SubscriptionNotFoundError: the caller knows of none with this id.
        InvalidRequestError: the given secret is too short.
        ConcurrentModificationError: other changes came first each time.
    """
    find(subscriptions.store, principal, subscription_id)
    _check(subscriptions, secret=given)
    secret = given or _new_secret(subscriptions.world)
    sealed = subscriptions.sealer().seal(principal.account, secret)
    now = subscriptions.world.now()
    rotated = _store(
        subscriptions,
        lambda: find(subscriptions.store, principal, subscription_id),
        lambda found: found.rotated(sealed, now),
        None if also is None else lambda changed: also(changed, secret),
    )
    return rotated, secret


def disable_for(subscriptions: Subscriptions, subscription: Subscription, because: DisabledBecause) -> None:
    """Disable a subscription because of its endpoint's answers, and commit the event about that, once."""
    now = subscriptions.world.now()
    event_id = subscriptions.world.new_id("evt")

    def current() -> Subscription:
        found = subscriptions.store.get(subscription.account, subscription.id)
        if found is None or found.status != "active" or found.url != subscription.url:
            raise _NothingToDoError
        if because == "failing" and not found.fails_for_days(now):
            # Another attempt succeeded in between.
            raise _NothingToDoError
        return found

    def tell(changed: Subscription) -> Item:
        return subscriptions.account_event(changed.account, disabled_event(changed, event_id))

    try:
        _store(subscriptions, current, lambda found: found.disabled(because, now), tell)
    except _NothingToDoError:
        return


class _NothingToDoError(Exception):
    """The subscription was deleted or disabled, or now has another URL."""


def _store(
    subscriptions: Subscriptions, read: Callable[[], Subscription], apply: Edit, also: Also | None
) -> Subscription:
    for attempt in range(CHANGE_ATTEMPTS):
        changed = apply(read())
        extra = [also(changed)] if also is not None else []
        try:
            subscriptions.store.replace(changed, subscriptions.world.entropy(16).hex(), extra)
        except (GuardLostError, ContendedError):
            subscriptions.world.pause(attempt)
        else:
            return replace(changed, edition=changed.edition + 1)
    raise ConcurrentModificationError("The subscription is being changed by others all the time; try again")


def visible(store: "SubscriptionStore", principal: Principal) -> list[Subscription]:
    """Return the subscriptions within the caller's namespaces, newest first."""
    return [each for each in store.all(principal.account) if _may_see(principal, each)]


def delete(store: "SubscriptionStore", principal: Principal, subscription: Subscription) -> None:
    """Delete a subscription."""
    store.delete(principal.account, subscription.id)


def _may_see(principal: Principal, subscription: Subscription) -> bool:
    if principal.namespaces is ALL:
        return True
    return subscription.namespaces is not ALL and set(subscription.namespaces) <= set(principal.namespaces)


def _check(
    subscriptions: Subscriptions,
    *,
    url: str | None = None,
    events: tuple[str, ...] | None = None,
    secret: str | None = None,
) -> None:
    """Check the fields that are given."""
    wrong = []
    if url is not None:
        refusal = subscriptions.refusal(url)
        if refusal is not None:
            wrong.append({"field": "url", "message": refusal})
    if events is not None:
        unknown = [event for event in events if event not in EVENT_TYPES]
        if unknown or not events:
            hint = f"; unknown: {unknown[0][:80]}" if unknown else ""
            wrong.append({"field": "events", "message": f"must name some of {', '.join(EVENT_TYPES)}{hint}"})
    if secret is not None and len(secret) < SHORTEST_SECRET:
        wrong.append({"field": "secret", "message": f"must have {SHORTEST_SECRET} characters or more"})
    if wrong:
        raise InvalidRequestError("The subscription has wrong fields; details lists them", wrong)


def _check_filter(principal: Principal, namespace: str | None) -> None:
    if namespace is not None and not principal.holds(namespace):
        raise ForbiddenError(f"The token has no access to the namespace '{namespace}'")


def _check_within(subscription: Subscription, namespace: str | None) -> None:
    """Refuse a filter outside the subscription's own namespaces (ruling 36): nothing would ever pass it."""
    if namespace is None or subscription.namespaces is ALL or namespace in subscription.namespaces:
        return
    message = "is not a namespace of the token that made the subscription; make another subscription for it"
    raise InvalidRequestError(f"'namespace_filter' {message}", [{"field": "namespace_filter", "message": message}])


def _new_secret(world: World) -> str:
    return "whsec_" + base64.b64encode(world.entropy(30)).decode()
