"""``Idempotency-Key``: the same key, sent again within a day, has no second effect and the same answer (ruling 23).

The key is looked up when the caller and the namespace are known, before the body and the state are checked. Its record
is committed with the effect itself. Of two requests at once, both may compute, but one commits, and the other one gets
the same answer.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from interactor.access.rules.principal import Principal
from interactor.api import views
from interactor.api.call import Call
from interactor.api.request import IDEMPOTENCY_KEY, Request
from interactor.api.response import Response
from interactor.core import jsons
from interactor.core.errors import (
    ConcurrentModificationError,
    IdempotencyConflictError,
    RefusedError,
)
from interactor.core.jsons import Json, JsonError
from interactor.core.storing import IdempotencyKey, IdempotencyRecord, Item, KeyTakenError, StoreUnavailableError
from interactor.core.times import SECOND, Millis
from interactor.services import Services

OPEN: Millis = 20 * SECOND
"""No request lives longer. One that committed and has no final answer by then is dead."""
LOOKS = 9
"""How often a request looks for the final answer of another one with its key: some four seconds in all."""
REPLAYED = {"Idempotency-Replayed": "true"}


@dataclass
class Key:
    """A request's key, which its commit takes, and what was stored under the key at that time."""

    key: IdempotencyKey
    services: Services
    taken: IdempotencyRecord | None = None

    def write(self, remembered: IdempotencyRecord) -> Item:
        """Return the write that takes the key and stores an answer."""
        self.taken = remembered
        return self.services.aws.idempotency_records.write(self.key, remembered, self.services.world.now())

    def sent(self, status: int, body: Json) -> None:
        """Store the answer to a request whose effect is a message that was sent.

        The message is on its way. So the request is answered even if its answer cannot be stored now.

        Raises:
            KeyTakenError: another request took the key meanwhile; its answer is given then.
        """
        remembered = IdempotencyRecord(self.key.request, status, jsons.dumps(body), None)
        with suppress(StoreUnavailableError):
            self.services.aws.idempotency_records.take(self.key, remembered, self.services.world.now())

    def keep(self, status: int, body: str, instance_id: str) -> None:
        """Store the answer to a request that had nothing to change, if no commit has taken the key.

        Raises:
            KeyTakenError: another request took the key meanwhile; its answer is given then.
        """
        if self.taken is None:
            self.taken = IdempotencyRecord(self.key.request, status, body, instance_id)
            self.services.aws.idempotency_records.take(self.key, self.taken, self.services.world.now())

    def answer(self, status: int, body: Json) -> tuple[Response, Item]:
        """Return an answer that is known before its effect is committed, and the write that stores it."""
        text = jsons.dumps(body)
        return Response(status, text), self.write(IdempotencyRecord(self.key.request, status, text, None))


def once(
    call: Call,
    namespace: str,
    work: Callable[[Key | None], Response],
    unsealed: Callable[[str], str] = str,
) -> Response:
    """Do ``work`` once for each key; without a key, each time.

    ``unsealed`` makes the answer again from a stored body with something encrypted in it.

    Raises:
        IdempotencyConflictError: the key was used for another request.
    """
    given = call.request.headers.get(IDEMPOTENCY_KEY)
    if given is None:
        return work(None)
    key = Key(_key(given, call.request, call.principal, namespace), call.services)
    store, now = call.services.aws.idempotency_records, call.services.world.now()
    found = store.find(key.key, now)
    if found is None:
        try:
            return _keep(key, work(key))
        except KeyTakenError:
            found = store.find(key.key, now)
            if found is None:
                raise ConcurrentModificationError("Another request with this key is under way; try again") from None
        except RefusedError:
            # The reason for the refusal may be the effect of the same request, a moment earlier.
            found = store.find(key.key, now)
            if found is None:
                raise
    return _again(found, key, unsealed)


def _keep(key: Key, response: Response) -> Response:
    """Store an answer that no commit has stored, or that running threads have changed since.

    Return what is stored: a request with the same key gets this answer and no other.

    Raises:
        KeyTakenError: another request with the key came first.
    """
    text = response.body if isinstance(response.body, str) else jsons.dumps(response.body)
    store, now, taken = key.services.aws.idempotency_records, key.services.world.now(), key.taken
    if taken is None:
        store.take(key.key, IdempotencyRecord(key.key.request, response.status, text, None), now)
        return response
    last = replace(taken, body=text, open_until=0)
    # The effect has happened. If the final answer cannot be stored, the request must not fail.
    with suppress(StoreUnavailableError):
        try:
            if taken.open_until:
                store.close(key.key, last, now)
            elif text != taken.body and taken.instance_id is not None:
                # Another request made the change that this one was about to commit. The answer shows the instance as it
                # is.
                store.take(key.key, last, now)
        except KeyTakenError:
            found = store.find(key.key, now)
            if found is None:
                store.take(key.key, last, now)
            elif found.body is not None:
                return Response(found.status, found.body)
    return response


def _closed(found: IdempotencyRecord, key: Key) -> IdempotencyRecord:
    """Return what is stored under a key as the final answer.

    This waits for the request that has the key. If that is dead, or slower than a client waits, what it committed is
    its final answer.
    """
    store, world = key.services.aws.idempotency_records, key.services.world
    for attempt in range(LOOKS):
        if not found.open_until:
            return found
        if found.open_until <= world.now():
            break
        world.pause(attempt)
        found = store.find(key.key, world.now()) or found
    if found.open_until:
        try:
            found = replace(found, open_until=0)
            store.close(key.key, found, world.now())
        except KeyTakenError:
            found = store.find(key.key, world.now()) or found
    return found


def _again(found: IdempotencyRecord, key: Key, unsealed: Callable[[str], str]) -> Response:
    if not _same_request(found, key.key):
        message = "This Idempotency-Key was used for another request, or by another caller; use a new one"
        raise IdempotencyConflictError(message)
    found = _closed(found, key)
    if found.body is not None:
        return Response(found.status, unsealed(found.body), dict(REPLAYED))
    head = key.services.instances.store.read_with_history(key.key.account, found.instance_id or "")
    if head is None:
        raise ConcurrentModificationError("What the first request with this Idempotency-Key created no longer exists")
    return Response(found.status, {"data": views.instance(head.instance, head.records or ())}, dict(REPLAYED))


def _key(given: str, request: Request, principal: Principal, namespace: str) -> IdempotencyKey:
    value = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
    fingerprint = _fingerprint(request, principal.person)
    return IdempotencyKey(principal.account, namespace, value, fingerprint, _query(request.query), _caller(principal))


def _same_request(remembered: IdempotencyRecord, asked: IdempotencyKey) -> bool:
    """Whether two requests are the same, from the same caller (rulings 17 and 23).

    A record of an earlier release may lack the person, the query or the caller; then it answers any.
    """
    if remembered.query not in (None, asked.query) or remembered.caller not in (None, asked.caller):
        return False
    if asked.request == remembered.request:
        return True
    return remembered.caller is None and asked.request.startswith(f"{remembered.request}/")


def _caller(principal: Principal) -> str:
    """Return what distinguishes callers: the token's subject, with the person whom it names."""
    return hashlib.sha256(json.dumps([principal.subject, principal.person]).encode()).hexdigest()[:16]


def _query(sent: Mapping[str, str]) -> str:
    """Return a text that is the same for the same parameters in any order.

    All of them matter: unknown ones are refused before.
    """
    return hashlib.sha256(repr(sorted(sent.items())).encode()).hexdigest()[:16] if sent else ""


def _fingerprint(request: Request, person: str | None) -> str:
    """Return a hash that is the same for the same method, path, body and person, with the body's keys in any order."""
    try:
        jsons.loads(request.raw_body)
        # Another spelling of a number is another body. Keys of the release before are still found.
        body = jsons.dumps(jsons.ordered(json.loads(request.raw_body))).encode()
    except JsonError:
        body = request.raw_body
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode("utf-8", "surrogatepass") + body)
    if person is None:
        return digest.hexdigest()
    return f"{digest.hexdigest()}/{hashlib.sha256(person.encode()).hexdigest()[:16]}"
