"""Tokens in the table: families of refresh tokens, and revoked access tokens."""

from collections.abc import Iterator

from interactor.access.rules.tokens import Family
from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import n, s
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core.times import SECOND, Millis

_FAMILY = "M"


class FamilyStore:
    """Families of refresh tokens.

    Only the hash of a token is stored. TTL removes a family when its last token expires.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, family_id: str) -> Family | None:
        """Return the family with that id, which may have expired."""
        item = self._table.get(items.key(keys.family(family_id), _FAMILY))
        if item is None:
            return None
        return Family(
            family_id,
            items.text(item, "client_id"),
            tuple(items.text(item, "scope").split()),
            items.text(item, "next_hash"),
            items.number(item, "expires_at") * SECOND,
            items.text(item, "generation") if "generation" in item else None,
        )

    def put(self, family: Family) -> None:
        """Store a new family."""
        self._table.put(
            {
                **items.key(keys.family(family.id), _FAMILY),
                "client_id": s(family.client_id),
                "scope": s(" ".join(family.scopes)),
                "next_hash": s(family.next_hash),
                "expires_at": n(family.expires_at // SECOND),
                "generation": s(family.generation or ""),
            }
        )

    def rotate(self, family: Family, next_hash: str, expires_at: Millis) -> bool:
        """Replace the next hash by another one. Return False if another request did that, or ended the family."""
        try:
            self._table.update(
                items.key(keys.family(family.id), _FAMILY),
                UpdateExpression="SET next_hash = :next, expires_at = :expires",
                ConditionExpression="next_hash = :held",
                ExpressionAttributeValues={
                    ":next": s(next_hash),
                    ":held": s(family.next_hash),
                    ":expires": n(expires_at // SECOND),
                },
            )
        except ConditionFailedError as refused:
            # boto3 retries if an answer was lost, and then finds its own write.
            found = refused.failed.get(0)
            return found is not None and items.text(found, "next_hash") == next_hash
        return True

    def end(self, family_id: str) -> None:
        """Delete a family."""
        self._table.delete(items.key(keys.family(family_id), _FAMILY))


class RevokedStore:
    """Revoked access tokens, a list for each account. TTL removes a token when it would have expired."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, account: str, jti: str, expires_at: Millis) -> None:
        """Put a token on its account's list."""
        self._table.put({**items.key(keys.revoked(account), jti), "expires_at": n(-(-expires_at // SECOND))})

    def of(self, account: str, now: Millis) -> frozenset[str]:
        """Return the tokens on an account's list that have not expired."""
        return frozenset(self._listed(account, now))

    def _listed(self, account: str, now: Millis) -> Iterator[str]:
        for item in self._table.query_all(keys.revoked(account)):
            if items.number(item, "expires_at") > now // SECOND:
                yield items.text(item, "sk")
