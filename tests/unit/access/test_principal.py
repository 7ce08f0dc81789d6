"""What a principal may do, where it creates, and whose name it leaves (rulings 18, 25, 26, 27)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.access.rules.principal import (
    ALL,
    Namespaces,
    Principal,
    check_namespace,
    is_namespace,
    namespace_for_create,
    narrow,
    parse_namespaces,
)
from interactor.core import errors
from interactor.core.names import is_account

ALPHABET = string.ascii_letters + string.digits


def principal(scopes: str = "*", namespaces: Namespaces = ALL) -> Principal:
    return Principal("acc_1", "client_1", frozenset(scopes.split()), namespaces)


def test_the_star_is_every_scope() -> None:
    assert principal("*").may("workflows:execute")
    assert principal("*").may("webhooks:manage")


def test_writing_workflows_does_not_start_instances() -> None:
    assert not principal("workflows:write").may("workflows:execute")
    assert not principal("workflows:write").may("workflows:read")


def test_managing_webhooks_is_reading_and_writing_them_but_not_the_other_way_round() -> None:
    assert principal("webhooks:manage").may("webhooks:read")
    assert principal("webhooks:manage").may("webhooks:write")
    assert not principal("webhooks:read webhooks:write").may("webhooks:manage")


def test_a_missing_scope_is_forbidden_and_named() -> None:
    with pytest.raises(errors.ForbiddenError, match="workflows:execute"):
        principal("workflows:write").require("workflows:execute")
    principal("workflows:execute").require("workflows:execute")


def test_a_token_holds_its_namespaces_and_a_service_account_all() -> None:
    assert principal(namespaces=("a",)).holds("a")
    assert not principal(namespaces=("a",)).holds("b")
    assert not principal(namespaces=()).holds("a")
    assert principal().holds("anything")


def test_a_namespace_called_star_is_not_a_service_account() -> None:
    assert not principal(namespaces=("*",)).speaks_for_people
    assert principal(namespaces=ALL).speaks_for_people


@pytest.mark.parametrize(
    ("held", "wanted", "granted"),
    [
        ("workflows:read workflows:write", "workflows:read", "workflows:read"),
        ("*", "workflows:read", "workflows:read"),
        ("*", "*", "*"),
        ("workflows:read webhooks:read", "*", "workflows:read webhooks:read"),
        ("webhooks:manage", "webhooks:read", "webhooks:read"),
        ("webhooks:read", "webhooks:manage", "webhooks:read"),
        ("workflows:read", "workflows:write", ""),
        ("*", "everything", ""),
        ("workflows:read", "everything workflows:read", "workflows:read"),
        ("*", "webhooks:write workflows:read", "workflows:read webhooks:write"),
    ],
)
def test_scopes_are_narrowed_and_never_widened(held: str, wanted: str, granted: str) -> None:
    assert narrow(held.split(), wanted.split()) == tuple(granted.split())
    for scope in granted.split():
        if scope != "*":
            assert principal(held).may(scope)  # type: ignore[arg-type]  # a scope of the table above


@pytest.mark.parametrize(
    ("namespaces", "body", "header", "expected"),
    [
        (("a",), None, None, "a"),
        (("a",), "a", None, "a"),
        (("a", "b"), "b", None, "b"),
        (("a", "b"), None, "b", "b"),
        (("a", "b"), "b", "b", "b"),
        (ALL, None, None, "default"),
        (ALL, "user_7", None, "user_7"),
        (ALL, None, "org_7", "org_7"),
    ],
)
def test_a_create_finds_its_namespace(namespaces: Namespaces, body: object, header: str | None, expected: str) -> None:
    assert namespace_for_create(principal(namespaces=namespaces), body, header) == expected


@pytest.mark.parametrize(
    ("namespaces", "body", "header", "error"),
    [
        (("a", "b"), None, None, errors.InvalidRequestError),
        ((), None, None, errors.InvalidRequestError),
        (ALL, "a", "b", errors.NamespaceMismatchError),
        (("a",), "a", "b", errors.NamespaceMismatchError),
        (("a",), "b", None, errors.ForbiddenError),
        (("a",), None, "b", errors.ForbiddenError),
        (("default_not_held",), "default", None, errors.ForbiddenError),
        (ALL, "", None, errors.InvalidRequestError),
        (ALL, None, "", errors.InvalidRequestError),
        (ALL, 7, None, errors.InvalidRequestError),
        (ALL, ["a"], None, errors.InvalidRequestError),
        (ALL, "*", None, errors.InvalidRequestError),
        (("a",), "a#b", "a", errors.InvalidRequestError),
    ],
)
def test_a_create_without_a_right_namespace_is_refused(
    namespaces: Namespaces, body: object, header: str | None, error: type[errors.InteractorError]
) -> None:
    with pytest.raises(error) as refused:
        namespace_for_create(principal(namespaces=namespaces), body, header)
    assert type(refused.value) is error


def test_several_namespaces_and_none_named_is_an_error_of_that_field() -> None:
    with pytest.raises(errors.InvalidRequestError) as refused:
        namespace_for_create(principal(namespaces=("a", "b")), None, None)
    assert refused.value.code == "validation_error"
    assert refused.value.details[0]["field"] == "namespace"


HOSTILE_NAMES: list[object] = [
    "",
    "a" * 129,
    "-a",
    ".a",
    "a b",
    "a#b",
    "a/b",
    "a\n",
    "a\0",
    "é",
    "\u0661",
    "a\u200b",
    "*",
    "a*",
    None,
    1,
    True,
    {},
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_a_hostile_name_is_no_namespace(name: object) -> None:
    assert not is_namespace(name)
    with pytest.raises(errors.InvalidRequestError):
        check_namespace(name)


@pytest.mark.parametrize("name", ["a", "user_1", "org:7@x.y-z", "9", "a" * 128])
def test_an_ordinary_name_is_a_namespace(name: str) -> None:
    assert check_namespace(name) == name


@given(st.text(max_size=140))
def test_a_namespace_is_exactly_what_the_rule_says(name: str) -> None:
    allowed = 1 <= len(name) <= 128 and name[0] in ALPHABET and all(c in ALPHABET + "._:@-" for c in name)
    assert is_namespace(name) == allowed


@given(st.lists(st.text(ALPHABET, min_size=1, max_size=3), min_size=1, max_size=100))
def test_a_list_of_names_is_kept_in_order_without_repeats(names: list[str]) -> None:
    assert parse_namespaces(names) == tuple(dict.fromkeys(names))


@pytest.mark.parametrize(
    "value", [[], ["*", "a"], ["a", "*"], ["*", "*"], "a", "*", None, {"a": 1}, [1], [["a"]], ["a"] * 101]
)
def test_anything_else_is_no_list_of_namespaces(value: object) -> None:
    with pytest.raises(ValueError, match="namespace"):
        parse_namespaces(value)


def test_a_lone_star_is_every_namespace() -> None:
    assert parse_namespaces(["*"]) is ALL


@pytest.mark.parametrize("account", ["", "a#b", "a" * 65, "a b", "a\n", "é", None, 1])
def test_an_account_is_safe_in_a_key(account: object) -> None:
    assert not is_account(account)
    assert is_account("acc_Local-1")
