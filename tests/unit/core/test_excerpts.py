"""What the delivery log keeps of an answer: no secret in it, in no form, whole or in part."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from interactor.core.excerpts import EXCERPT_BYTES, excerpt

SECRET = "whsec_" + "c2VjcmV0" * 5
ODD = "whsec_a/b+c=\"d\"<e>&'f' g%h\\\\i" + "x" * 20


def test_an_echoed_secret_is_masked_with_and_without_its_prefix() -> None:
    text = excerpt(f"key {SECRET} and {SECRET.removeprefix('whsec_')}", [SECRET])
    assert text == "key [secret] and [secret]"


def test_a_secret_across_the_end_of_what_is_kept_is_not_shown_in_part() -> None:
    text = excerpt("x" * (EXCERPT_BYTES - 10) + SECRET, [SECRET])
    assert text == "x" * (EXCERPT_BYTES - 10) + "[secret]"


def test_a_secret_where_reading_stopped_is_not_shown_in_part() -> None:
    assert excerpt("said: " + SECRET[:20], [SECRET]) == "said: [secret]"


def test_an_excerpt_does_not_end_within_a_character() -> None:
    text = excerpt("é" * EXCERPT_BYTES, [])
    assert text == "é" * (EXCERPT_BYTES // 2)


@pytest.mark.parametrize("secret", [SECRET, ODD], ids=["base64", "odd"])
@pytest.mark.parametrize("prefixed", [True, False], ids=["whole", "without its prefix"])
def test_no_form_of_a_secret_is_kept(secret: str, prefixed: bool) -> None:
    plain = secret if prefixed else secret.removeprefix("whsec_")
    raw = plain.encode()
    forms = [
        plain,
        quote(plain, safe=""),
        quote_plus(plain).replace("+", "%20"),
        quote(plain, safe="").lower(),
        json.dumps(plain)[1:-1],
        json.dumps(plain)[1:-1].replace("/", "\\/"),
        html.escape(plain),
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        *(base64.b64encode(b"Bearer "[:around] + raw + b" and more").decode() for around in range(7)),
    ]
    for form in forms:
        text = excerpt(f"before {form} after", [SECRET, secret])
        assert "[secret]" in text
        assert text.startswith("before ")
        assert text.endswith(" after")
        told = text.replace("[secret]", "")
        longest = max(size for size in range(len(form)) for at in (0, len(form) - size) if form[at : at + size] in told)
        assert longest < 16, f"{form} became {text}"


def test_of_two_secrets_none_is_kept() -> None:
    assert excerpt(f"{SECRET} {ODD}", [ODD, SECRET]) == "[secret] [secret]"


def test_an_answer_without_secrets_is_kept_as_it_is() -> None:
    assert excerpt("plain \x00 text\r\n", [SECRET]) == "plain \x00 text\r\n"
