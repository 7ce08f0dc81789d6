"""``X-Interactor-Actor``: who may name a person, and which names there are (ruling 27)."""

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interactor.access.rules.actors import acting, is_printable, read_name, require_allowed
from interactor.access.rules.principal import ALL, Namespaces, Principal
from interactor.core.errors import ActorNotAllowedError, InvalidRequestError

NAMES = [
    "maya",
    "maya@example.com",
    "Ada Lovelace",
    'O\'Brien; ("Bo") <b@x>',
    "Zoë Ünal",
    "José García",
    "Łukasz",
    "李雷",
    "山田\u3000太郎",
    "Владимир",
    "محمد",
    "علی\u200cرضا",  # noqa: RUF001  # it is an Arabic letter
    "ක්\u200dරියා",
    "नरेन्द्र",
    "👩",
    "x" * 128,
    "李" * 128,
]
HOSTILE = {
    "nothing": "",
    "spaces": "  ",
    "too long": "x" * 129,
    "too long in characters": quote("李" * 129),
    "two lines": "a%0Ab",
    "a raw line": "a\nb",
    "a tab": "a\tb",
    "a null": "a\0",
    "a null in percent": "a%00",
    "delete": "\x7f",
    "a control of ISO 8859-1": "a%C2%85b",
    "right to left override": "a\u202eb",
    "the same in percent": "a%E2%80%AEb",
    "an isolate": "a\u2066b",
    "a mark of direction": "a\u200fb",
    "a space of no width": "a\u200bb",
    "a joiner that only hides": "a\u200db",
    "a joiner at the end": "محمد\u200c",
    "a soft hyphen": "a\u00adb",
    "a byte order mark": "\ufeffa",
    "a filler": "\u3164",
    "a wide space only": "%E3%80%80",
    "a space that does not break": "a%C2%A0b",
    "a line separator": "a\u2028b",
    "a lone surrogate": "a\ud800",
    "an undecodable byte": "a\udcc5",
    "a private character": "a\ue000",
    "what could not be read": "a\ufffd",
    "UTF-8 cut short": "%C5",
    "UTF-8 too long": "%C0%AF",
    "a surrogate as UTF-8": "%ED%A0%80",
    "ISO 8859-1 in percent": "Jos%E9",
    "half an escape": "Joe%4",
    "no escape": "50% Joe",
    "an escape of nothing": "%",
    "an escape of no hexadecimal": "%zz",
    "two headers": "maya,omar",
    "two headers as some join them": "maya, omar",
}


def principal(namespaces: Namespaces = ALL, acts: bool = False) -> Principal:
    return Principal("acc_1", "client_1", frozenset({"*"}), namespaces, acts)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_script_comes_however_it_is_sent(name: str) -> None:
    assert read_name(name) == name, "as API Gateway reads UTF-8"
    assert read_name(name.encode().decode("latin-1")) == name, "each byte a character of its own"
    assert read_name(quote(name)) == name
    assert read_name(quote(name, safe="@ ").lower() if name.islower() else quote(name, safe=" ")) == name
    assert acting(principal(), f" {name}\t").by == {"actor": name, "via": "client_1"}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_name_is_refused_and_the_header_is_named(header: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        acting(principal(), header)
    assert refused.value.details[0]["field"] == "X-Interactor-Actor"  # type: ignore[index,call-overload]  # Json


@pytest.mark.parametrize(("header", "name"), [("50%25 Joe", "50% Joe"), ("Lovelace%2C Ada", "Lovelace, Ada")])
def test_a_percent_sign_and_a_comma_are_written_in_percent(header: str, name: str) -> None:
    assert read_name(header) == name


@given(st.text(max_size=140))
@example("%")
@example("\ud800")
def test_any_header_is_a_printable_name_or_refused(header: str) -> None:
    try:
        name = read_name(header)
    except InvalidRequestError:
        return
    assert 1 <= len(name) <= 128
    assert is_printable(name)
    assert read_name(quote(name)) == name


def test_who_may_name_a_person() -> None:
    for allowed in (principal(), principal(("a",), acts=True)):
        require_allowed(allowed, "maya")
    with pytest.raises(ActorNotAllowedError, match="may not name a person"):
        require_allowed(principal(("a",)), "maya")
    with pytest.raises(ActorNotAllowedError):
        require_allowed(principal(("a",)), "")
    require_allowed(principal(("a",)), None)


def test_without_a_header_it_is_the_subject_of_the_token() -> None:
    assert acting(principal(("a",)), None).by == "client_1"
    assert acting(principal(), None).by == "client_1"
