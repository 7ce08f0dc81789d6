"""Who is asking, and what they may do. A `Principal` comes only from a verified token.

The account in every key that a request reads or writes is the principal's (invariant 6). Scopes and namespaces follow
rulings 18, 25 and 26. Who may name the person they act for follows ruling 27; ``actors`` reads the name itself.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, TypeAlias

from interactor.core.errors import ForbiddenError, InvalidRequestError, NamespaceMismatchError
from interactor.core.jsons import Json

Scope: TypeAlias = Literal[
    "workflows:read",
    "workflows:write",
    "workflows:execute",
    "webhooks:manage",
    "webhooks:read",
    "webhooks:write",
    "tasks:manage",
    "tasks:respond",
    "tasks:read",
]

SCOPES: Final[tuple[str, ...]] = (
    "workflows:read",
    "workflows:write",
    "workflows:execute",
    "webhooks:manage",
    "webhooks:read",
    "webhooks:write",
    "tasks:manage",
    "tasks:respond",
    "tasks:read",
    "*",
)
"""Every scope that a client can be given; ``*`` is all of them."""

_COVERS: Final = {
    "*": frozenset(SCOPES),
    "webhooks:manage": frozenset({"webhooks:manage", "webhooks:read", "webhooks:write"}),
    "tasks:manage": frozenset({"tasks:manage", "tasks:respond", "tasks:read"}),
    "tasks:respond": frozenset({"tasks:respond", "tasks:read"}),
}


class Everything(Enum):
    """The type of `ALL`; an enum, so that type checkers can tell it from a list."""

    ALL = "*"


ALL: Final = Everything.ALL
"""Every namespace of the account, for service accounts. Never an empty list, which would mean none."""

Namespaces: TypeAlias = tuple[str, ...] | Literal[Everything.ALL]

DEFAULT_NAMESPACE: Final = "default"
"""Where a ``*`` token works when it names no namespace (ruling 26)."""

NAMESPACES_PER_TOKEN: Final = 100
NAMESPACES_CHARACTERS: Final = 4_096
"""All namespaces of a token together, so that the token fits a request's headers (API Gateway: 10,240 bytes)."""
SUBJECT_CHARACTERS: Final = 255

_NAMESPACE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}", re.ASCII)
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Principal:
    """One verified caller. ``account`` is safe in a key; ``subject`` is the token's ``sub``.

    ``acts_for_people`` is the token's claim; ``person`` whom the request names with that right (``actors``), and
    ``groups`` the groups that it claims for that person. ``kind`` is ``person`` where the token is a person's own.
    """

    account: str
    subject: str
    scopes: frozenset[str]
    namespaces: Namespaces
    acts_for_people: bool = False
    person: str | None = None
    groups: tuple[str, ...] = ()
    kind: Literal["client", "person"] = "client"

    def may(self, scope: Scope) -> bool:
        """Whether the token has ``scope``, or a scope that covers it."""
        return any(covers(held, scope) for held in self.scopes)

    def require(self, scope: Scope) -> None:
        """Refuse a caller without ``scope``.

        Raises:
            ForbiddenError: naming the scope.
        """
        if not self.may(scope):
            raise ForbiddenError(f"The token lacks the scope '{scope}'; ask for a token that has it")

    def holds(self, namespace: str) -> bool:
        """Whether something in ``namespace`` exists for this caller (ruling 18)."""
        return self.namespaces is ALL or namespace in self.namespaces

    @property
    def speaks_for_people(self) -> bool:
        """Whether it may name the person it acts for: service accounts may, and clients that were given the right."""
        return self.acts_for_people or self.namespaces is ALL

    @property
    def via(self) -> Literal["api", "service"]:
        """How a person acts at a task: by a token of their own, or through a client that speaks for them."""
        return "api" if self.kind == "person" else "service"

    @property
    def by(self) -> Json:
        """Who caused a commit: the token's ``sub``, or ``{"actor", "via"}`` if it names a person (ruling 27)."""
        return self.subject if self.person is None else {"actor": self.person, "via": self.subject}


@dataclass(frozen=True)
class Client:
    """A registered OAuth client, with the most that its tokens can be allowed.

    ``acts_for_people`` gives its tokens the right to name a person. A service account has this right without it.
    """

    client_id: str
    account: str
    scopes: tuple[str, ...]
    namespaces: Namespaces
    acts_for_people: bool = False
    generation: str = field(default="", compare=False)
    """Changes with each registration, in any account. Refresh tokens are valid for one generation only."""

    @property
    def speaks_for_people(self) -> bool:
        """Whether its tokens may name the person they act for (``Principal.speaks_for_people``)."""
        return self.acts_for_people or self.namespaces is ALL


def covers(held: str, wanted: str) -> bool:
    """Whether the scope ``held`` gives everything that ``wanted`` does."""
    return held == wanted or wanted in _COVERS.get(held, ())


def narrow(held: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the wanted scopes, narrowed to those that are held, in the order of `SCOPES`."""
    have, want = tuple(held), tuple(wanted)
    return tuple(
        scope
        for scope in SCOPES
        if (scope in want and any(covers(other, scope) for other in have))
        or (scope in have and any(covers(other, scope) for other in want))
    )


def is_namespace(value: object) -> bool:
    """Whether ``value`` is a text of the form that ruling 26 gives namespaces."""
    return isinstance(value, str) and _NAMESPACE.fullmatch(value) is not None


def is_client_id(value: object) -> bool:
    """Whether ``value`` can be a client's id, which becomes part of a key too."""
    return isinstance(value, str) and _CLIENT_ID.fullmatch(value) is not None


def is_sane_text(value: object, characters: int) -> bool:
    """Whether ``value`` is a printable text of 1 to ``characters`` characters (no line ends, no hidden marks)."""
    return isinstance(value, str) and 1 <= len(value) <= characters and value.isprintable()


def check_namespace(value: Json, field: str = "namespace") -> str:
    """Return ``value`` as a namespace.

    Raises:
        InvalidRequestError: it is no namespace; ``details`` name ``field``.
    """
    if not is_namespace(value):
        raise _invalid(
            field, "must be 1 to 128 of the characters A-Z a-z 0-9 . _ : @ - and begin with a letter or digit"
        )
    return str(value)


def parse_namespaces(value: object) -> Namespaces:
    """Return the namespaces of a token or client: a list of 1 to 100 names, or ``["*"]`` (ruling 25).

    Raises:
        ValueError: for anything else, with a sentence.
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or not 1 <= len(value) <= NAMESPACES_PER_TOKEN:
        raise ValueError(f'namespaces must be a list of 1 to {NAMESPACES_PER_TOKEN} names, or ["*"]')
    if list(value) == ["*"]:
        return ALL
    for name in value:
        if name == "*":
            raise ValueError("the namespace '*' means all of them and stands alone")
        if not is_namespace(name):
            raise ValueError(f"{str(name)[:140]!r} is not a namespace")
    return tuple(dict.fromkeys(value))


def namespaces_claim(namespaces: Namespaces) -> list[str]:
    """Return ``namespaces`` as tokens and stored clients write them."""
    return ["*"] if namespaces is ALL else list(namespaces)


def namespace_for_create(principal: Principal, body: Json, header: str | None) -> str:
    """Return the namespace of a new instance (ruling 26).

    Args:
        body: the body's ``namespace``, whatever it is; None if it has none.
        header: ``X-Namespace``, or None.

    Raises:
        InvalidRequestError: the name has the wrong form, or there is none and the token has several namespaces.
        NamespaceMismatchError: body and header differ.
        ForbiddenError: the token does not have the namespace.
    """
    given = (("namespace", body), ("X-Namespace", header))
    named = [check_namespace(value, field) for field, value in given if value is not None]
    if len(set(named)) > 1:
        raise NamespaceMismatchError(
            "The body's 'namespace' and the header X-Namespace differ; send one of them, or the same name in both"
        )
    namespace = named[0] if named else _only_namespace(principal)
    if not principal.holds(namespace):
        raise ForbiddenError(f"The token has no access to the namespace '{namespace}'")
    return namespace


def _only_namespace(principal: Principal) -> str:
    if principal.namespaces is ALL:
        return DEFAULT_NAMESPACE
    if len(principal.namespaces) != 1:
        raise _invalid("namespace", "is required, because the token holds more than one; name one of them")
    return principal.namespaces[0]


def _invalid(field: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"'{field}' {problem}", [{"field": field, "message": problem}])
