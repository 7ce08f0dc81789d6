"""The parts that find out who asks, and how often they may."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from interactor.aws import boto
from interactor.logs import logger

if TYPE_CHECKING:
    from interactor.access.clients import ClientStore
    from interactor.access.issuer import Issuer
    from interactor.access.jwks import OutsideKeys
    from interactor.access.limiter import Limiter
    from interactor.access.rules.rates import Bucket, Category
    from interactor.access.signing import Signer
    from interactor.access.token_store import FamilyStore, RevokedStore
    from interactor.access.verifier import Verifier
    from interactor.aws.provider import AwsProvider
    from interactor.core.world import Provider, World
    from interactor.outgoing import OutgoingClient
    from interactor.settings import Settings


class AccessProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(
        self, settings: "Settings", world: "World", aws: "AwsProvider", outgoing: "Provider[OutgoingClient]"
    ) -> None:
        self._settings = settings
        self._world = world
        self._aws = aws
        self._outgoing = outgoing

    @cached_property
    def clients(self) -> "ClientStore":
        """Registered OAuth clients."""
        from interactor.access.clients import ClientStore

        return ClientStore(boto.client("dynamodb"), self._settings.table_name)

    @cached_property
    def signer(self) -> "Signer":
        """The signing keys."""
        from interactor.access.signing import Signer, split_key_ids

        return Signer(boto.client("kms"), split_key_ids(self._settings.signing_keys or self._settings.signing_key_id))

    @property
    def outside_issuer(self) -> str | None:
        """The URL of an external issuer's keys; None if tokens are issued here."""
        return self._settings.issuer_jwks_url or None

    @cached_property
    def outside_keys(self) -> "OutsideKeys":
        """The keys of an external issuer."""
        from interactor.access.jwks import OutsideKeys

        return OutsideKeys(self._outgoing(), self._settings.issuer_jwks_url, self._world.now)

    @cached_property
    def verifier(self) -> "Verifier":
        """Verifies tokens."""
        from interactor.access.revocation import RevocationList
        from interactor.access.verifier import Verifier

        keys = self.signer if self.outside_issuer is None else self.outside_keys
        revoked = RevocationList(self.revoked_tokens).holds
        return Verifier(keys, self._settings.token_issuer, self._settings.token_audience, revoked)

    @cached_property
    def revoked_tokens(self) -> "RevokedStore":
        """Access tokens that were revoked."""
        from interactor.access.token_store import RevokedStore

        return RevokedStore(self._aws.table)

    @cached_property
    def families(self) -> "FamilyStore":
        """Families of refresh tokens."""
        from interactor.access.token_store import FamilyStore

        return FamilyStore(self._aws.table)

    @cached_property
    def issuer(self) -> "Issuer":
        """Issues tokens."""
        from interactor.access.issuer import Issuer

        settings = self._settings
        return Issuer(settings.token_issuer, settings.token_audience, self.clients, self.signer, self.families)

    @cached_property
    def buckets(self) -> "Mapping[Category, Bucket]":
        """The rate limits that are set, by category (ruling 33)."""
        from interactor.access.rules.rates import READ_BLOCK, Bucket

        limited: tuple[tuple[Category, int | None, int], ...] = (
            ("read", self._settings.rate_limit_read, READ_BLOCK),
            ("write", self._settings.rate_limit_write, 1),
            ("create", self._settings.rate_limit_create, 1),
            ("token", self._settings.rate_limit_token, 1),
            ("source", self._settings.rate_limit_source, 1),
        )
        return {name: Bucket(name, limit, block) for name, limit, block in limited if limit is not None}

    @cached_property
    def limiter(self) -> "Limiter":
        """Counts requests against the rate limits."""
        from interactor.access.limiter import Limiter
        from interactor.access.rate_counters import CounterStore

        def failed(error: Exception) -> None:
            logger.warning("rate limit not counted", extra={"reason": str(error)})

        return Limiter(CounterStore(self._aws.table), failed)
