"""What the endpoints of webhooks share: their subscription, secrets that are shown once, the filters of the log."""

import hashlib
import json
from collections.abc import Callable

from interactor.access.rules.principal import ALL, Principal, check_namespace
from interactor.api import bodies, idempotency, views
from interactor.api.call import Call
from interactor.api.request import Request
from interactor.api.response import Response, accepted, ok
from interactor.core import jsons
from interactor.core.errors import InvalidRequestError
from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis, parse_iso
from interactor.webhooks import subscriptions
from interactor.webhooks.rules.delivery import STATES, UNDELIVERED, Filter, State
from interactor.webhooks.rules.events import EVENT_TYPES, Status, Subscription

Shown = Callable[[Subscription, str], JsonObject]


def found(call: Call) -> Subscription:
    """Return the subscription that the path names."""
    return subscriptions.find(
        call.services.webhooks.subscription_store, call.principal, call.parameter("subscription_id")
    )


def key_scope(principal: Principal, *, secret: bool = False) -> str:
    """Return the scope of an ``Idempotency-Key`` of a subscription's request (ruling 23): the token's namespaces.

    With ``secret``, if the answer may show one, the caller is part of it too. The scope is no namespace's name, because
    it contains ``#``. Records of earlier releases, which had no such scope, are never found by it.
    """
    namespaces = ["*"] if principal.namespaces is ALL else sorted(set(principal.namespaces))
    parts = [namespaces, principal.subject] if secret else [namespaces]
    return f"#{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def filter_of(value: Json) -> str | None:
    """Return a ``namespace_filter``."""
    return None if value is None else check_namespace(value, "namespace_filter")


def switched(call: Call, status: Status) -> Response:
    """Enable or disable the subscription. It may already have this status."""
    subscription = found(call)

    def work(key: idempotency.Key | None) -> Response:
        call.request.nothing()
        changes = subscriptions.Changes(frozenset({"status"}), status=status)
        also = None if key is None else lambda made: key.answer(200, {"data": views.subscription(made)})[1]
        changed = subscriptions.change(
            call.services.webhooks.subscriptions, call.principal, subscription.id, changes, also
        )
        return ok(views.subscription(changed))

    return idempotency.once(call, key_scope(call.principal), work)


def with_secret(status: int, show: Shown, key: idempotency.Key) -> Callable[[Subscription, str], jsons.JsonObject]:
    """Return a function that makes the stored form of an answer with a secret: encrypted, as the secret itself is
    stored.
    """

    def write(made: Subscription, secret: str) -> jsons.JsonObject:
        return key.answer(status, {"data": show(made, made.secret)})[1]

    return write


def unsealed(call: Call) -> Callable[[str], str]:
    """Return a function that makes the answer again that ``with_secret`` stored."""

    def answer(text: str) -> str:
        body = json.loads(text)
        if "secret" in body["data"]:
            body["data"]["secret"] = call.services.aws.sealer.open(call.account, body["data"]["secret"])
        return jsons.dumps(body)

    return answer


def sending(call: Call, send: Callable[[Subscription], JsonObject]) -> Response:
    """Do what sends messages for a subscription, and answer 202 with its result."""
    subscription = found(call)

    def work(key: idempotency.Key | None) -> Response:
        data = send(subscription)
        if key is not None:
            key.sent(202, {"data": data})
        return accepted(data)

    return idempotency.once(call, key_scope(call.principal), work)


def log_filter(request: Request) -> Filter:
    """Return the filters of a list of deliveries.

    Raises:
        InvalidRequestError: there is no such status or event.
    """
    status, event = request.query.get("status"), request.query.get("event")
    if event is not None and event not in EVENT_TYPES:
        raise _wrong("event", f"must be one of {', '.join(EVENT_TYPES)}")
    return Filter(None if status is None else _state(status), event)


def replay_range(body: bodies.ReplayDeliveries, now: Millis) -> tuple[Millis, Millis, tuple[State, ...]]:
    """Return since when, until when, and which deliveries to replay.

    Raises:
        InvalidRequestError: for what is no time, a range that ends before it begins, or an unknown status.
    """
    since = _moment("since", body.since)
    until = now if body.until is None else _moment("until", body.until)
    if until < since:
        raise _wrong("until", "must not be before since")
    return since, until, UNDELIVERED if body.status is None else (_state(body.status),)


def known_event(event: str | None, subscription: Subscription) -> str:
    """Return the event type of a test: the subscription's first one, unless the caller names one.

    Raises:
        InvalidRequestError: there is no such event type.
    """
    if event is not None and event not in EVENT_TYPES:
        raise _wrong("event", f"must be one of {', '.join(EVENT_TYPES)}")
    return event or subscription.events[0]


def _state(text: str) -> State:
    known = next((state for state in STATES if state == text), None)
    if known is None:
        raise _wrong("status", f"must be one of {', '.join(STATES)}")
    return known


def _moment(field: str, text: str) -> Millis:
    try:
        moment = parse_iso(text)
    except ValueError:
        moment = -1
    if moment < 0:
        raise _wrong(field, "must be an ISO 8601 time such as 2026-01-20T12:00:00Z")
    return moment


def _wrong(field: str, message: str) -> InvalidRequestError:
    return InvalidRequestError(f"'{field}' {message}", [{"field": field, "message": message}])
