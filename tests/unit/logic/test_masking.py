"""What is hidden in what logic brings back, and that nothing else is touched."""

import base64
import json
import string
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interactor.core.encodings import forms, is_strong
from interactor.core.jsons import JsonObject
from interactor.core.logic import Failed, Succeeded
from interactor.core.paths import Scope
from interactor.forms.redaction import REDACTED, Sensitive, sensitive
from interactor.logic.rules.masking import Mask

PLAIN = ["1000", "prod", "production", "customer_id", "oldPassword", "New York", "2026-01-20", "+49 30 1234", "k3y"]
STRONG = ["sk_live_51H8x", "another-secret-value", "correct horse battery", "Tr0ub4dor&3", "hGkRtWqPxZvBnMlK", "1" * 40]
ORDER = {
    "amount": 10000,
    "product": "desk",
    "note": "from production",
    "code": "10000",
    "prod": 1,
    "is": [1000, 1000.5],
}


@pytest.mark.parametrize("value", PLAIN)
def test_a_plain_word_or_number_is_weak(value: str) -> None:
    assert not is_strong(value)


@pytest.mark.parametrize("value", STRONG)
def test_what_no_text_holds_by_accident_is_strong(value: str) -> None:
    assert is_strong(value)


def test_an_answer_that_holds_no_secret_arrives_as_it_was_sent() -> None:
    secrets = {"STORE_ID": "1000", "STAGE": "prod", "KEY": "amount"}
    assert Mask(secrets).value(ORDER) == ORDER
    assert Mask(secrets).value({"stage": "prod", "store": "1000"}) == {"stage": "prod", "store": "1000"}
    assert Mask(secrets, used=secrets).value(ORDER) == ORDER


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WEAK = st.text("abprod", min_size=1, max_size=7) | st.integers(0, 10**9).map(str)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(JSONS, st.lists(WEAK, max_size=4), st.lists(WEAK, max_size=4))
def test_data_arrives_unchanged_whatever_weak_secrets_it_does_not_use(
    data: Any, values: list[str], used: list[str]
) -> None:
    unused = {f"U{index}": value for index, value in enumerate(values)}
    holding = {"data": data, **{value: [value, f"{value} it is", {value: 1}] for value in values}}
    assert Mask(unused).value(holding) == holding
    assert Mask(unused).outcome(Succeeded(holding, ("a line of " + " ".join(values),))).logs == (
        "a line of " + " ".join(values),
    )
    mentioned = {f"M{index}": value for index, value in enumerate(used)}
    numbers = {f"x{value}y": [int(value) if value.isdigit() else 7, f"x{value}", f"{value}7"] for value in used}
    assert Mask(mentioned, mentioned).value(numbers) == numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("1000", "[secret ID]"),
        ("store 1000, open", "store [secret ID], open"),
        ('{"id":1000}', '{"id":[secret ID]}'),
        ("id%3D1000%26", "id%3D[secret ID]%26"),
        ("10000", "10000"),
        ("A1000", "A1000"),
        ("1,000 and 10.1000 and 1000.50", "1,000 and 10.1000 and 1000.50"),
        ("-1000", "-1000"),
    ],
)
def test_a_weak_secret_that_logic_used_is_masked_where_it_stands_alone(text: str, masked: str) -> None:
    mask = Mask({"ID": "1000"}, {"ID"})
    assert mask.value([text, 1000]) == [masked, 1000]
    assert mask.text(text) == masked


def test_a_number_stays_a_number_and_a_key_a_key() -> None:
    mask = Mask({"PIN": "123456", "KEY": "sk_live_ABCDEF"}, {"PIN", "KEY"})
    assert mask.value({"n": 123456, "123456": 7}) == {"n": 123456, "123456": 7}
    assert mask.value({"sk_live_ABCDEF": 1}) == {"[secret KEY]": 1}


ODD = 's3cr et+/ü"<&\n\\x'


@pytest.mark.parametrize(
    "echoed",
    [
        ODD, quote(ODD), quote(ODD, safe=""), quote_plus(ODD), quote(ODD, safe="").lower(), json.dumps(ODD),
        json.dumps(ODD, ensure_ascii=False), json.dumps(json.dumps(ODD)), json.dumps(ODD).replace("/", "\\/"),
        escape(ODD), escape(ODD, quote=False), " ".join(ODD.split()), ODD.encode().hex(), ODD.encode().hex().upper(),
        *(base64.b64encode(b"user:"[:around] + ODD.encode() + b" more").decode() for around in range(6)),
        base64.urlsafe_b64encode(ODD.encode()).decode(),
    ],
)  # fmt: skip
def test_a_secret_is_masked_in_every_form_in_which_services_echo_it(echoed: str) -> None:
    for text in (echoed, f"x{echoed}y" if "=" not in echoed else echoed):
        masked = Mask({"KEY": ODD}).text(text)
        assert "[secret KEY]" in masked
        assert all(form not in masked for form, _ in forms(ODD))


def test_what_a_cut_left_of_a_secret_is_masked_too() -> None:
    assert Mask({"KEY": "sk_live_ABCDEF"}).cut("the key is sk_live_AB") == "the key is [secret KEY]"
    assert Mask({"ID": "10002000"}, {"ID"}).cut("it was 1000") == "it was 1000"


def test_masking_twice_is_masking_once_whatever_the_names_are() -> None:
    mask = Mask({"STAGE": "secret", "KEY": "STAGE", "LONG": "sk_live_ABCDEF"}, {"STAGE", "KEY"})
    once = mask.text("secret STAGE sk_live_ABCDEF")
    assert once == "[secret STAGE] [secret KEY] [secret LONG]"
    assert mask.cut(once) == once


def test_of_two_secrets_one_within_the_other_the_longer_is_masked() -> None:
    mask = Mask({"A": "sk_live_ABCDEF", "B": "sk_live_ABCDEF-and-more"})
    assert mask.text("sk_live_ABCDEF-and-more sk_live_ABCDEF") == "[secret B] [secret A]"


def test_many_secrets_cost_what_one_costs() -> None:
    """One look at each place of a text: what is looked up is counted, since time is the machine's."""
    letters = string.ascii_letters + string.digits
    secrets = {f"K{n}": f"sk_live_{n:04d}" + letters[n % 20 : n % 20 + 30] for n in range(300)}
    text = "sk_live_0007 " * 20_000 + secrets["K7"]
    assert Mask(secrets).text(text) == text.removesuffix(secrets["K7"]) + "[secret K7]"


KEYS = ("password", "pin")
DATA: JsonObject = {"user": "ada", "password": "correct-horse-9", "pin": "blue", "note": "correct-horse-9"}


def fields(written: str) -> Mask:
    return Mask({}, sensitive=sensitive(Scope(DATA, {"pin": 4711}, {}), KEYS, written))


def test_a_sensitive_value_is_hidden_in_errors_and_logs_a_plain_one_where_it_stands_alone() -> None:
    told = "answered 422: {'password':'correct-horse-9','pin':'blue',4711} xcorrect-horse-9x blueish 47110"
    shown = f"answered 422: {{'password':'{REDACTED}','pin':'{REDACTED}',{REDACTED}}} x{REDACTED}x blueish 47110"
    for kept in (True, False):
        outcome = fields("").outcome(Failed("http_error", told, (told,)), keep_fields=kept)
        assert isinstance(outcome, Failed)
        assert (outcome.message, outcome.logs) == (shown, (shown,))


def test_an_answer_hides_strong_sensitive_values_and_those_that_its_request_mentioned() -> None:
    answered: JsonObject = {"said": "it is correct-horse-9", "color": "blue", "text": "blue sky", "n": 4711}
    assert fields("").value(answered) == answered | {"said": f"it is {REDACTED}"}
    assert fields("${input.pin}").value(answered) == answered | {"said": f"it is {REDACTED}", "color": REDACTED}


def test_what_a_script_returns_to_be_kept_keeps_sensitive_values_and_no_secret() -> None:
    mask = Mask({"KEY": "sk_live_ABCDEF"}, sensitive=Sensitive(frozenset({"correct-horse-9"})))
    returned = Succeeded({"password": "correct-horse-9", "key": "sk_live_ABCDEF"})
    outcome = mask.outcome(returned, keep_fields=True)
    assert isinstance(outcome, Succeeded)
    assert outcome.value == {"password": "correct-horse-9", "key": "[secret KEY]"}


def test_the_part_of_a_value_that_a_parser_quotes_is_hidden() -> None:
    failed = Failed("script_error", "SyntaxError: unexpected token: 'correct' at line 1")
    outcome = fields("").outcome(failed)
    assert isinstance(outcome, Failed)
    assert outcome.message == f"SyntaxError: unexpected token: {REDACTED} at line 1"
    other = Failed("script_error", "SyntaxError: unexpected token: 'something' at line 1")
    assert fields("").outcome(other) == other
