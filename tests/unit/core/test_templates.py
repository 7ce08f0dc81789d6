"""Filling ``${...}`` placeholders, and what a value in one must never do."""

import contextlib
import copy
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core.paths import Scope
from interactor.core.templates import (
    RenderedTooLargeError,
    SecretNotSetError,
    TemplateError,
    parse,
    render,
    render_header,
    render_text,
    render_url,
    secret_names,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
SNIPPETS = st.sampled_from(
    ["${x}", "${x.0}", "$", "{", "}", "${", "${}", "$${x}", "${secrets.KEY}", "${ x }", "a", "/"]
)
TEXTS = st.lists(SNIPPETS | st.text(max_size=3), max_size=6).map("".join)

DATA = {
    "order_id": "o_1",
    "amount": 5000,
    "price": 12.5,
    "urgent": True,
    "nothing": None,
    "customer": {"name": "Jos\N{LATIN SMALL LETTER E WITH ACUTE}"},
    "items": [{"price": 3}],
    "rate": 1e-05,
    "whole": 1500.0,
    "huge": 10**30,
    "deep": {"x": [1e-05, '1e-05 "2.0', -2.5e-06]},
    "sneaky": "${secrets.API_KEY} ${order_id}",
}


def scope(secrets: dict[str, str] | None = None, **more: Any) -> Scope:
    return Scope({**DATA, **more}, {"id": "in_1"}, {"namespace": "user_123"}, secrets)


def test_the_documented_http_body_is_filled_with_types_kept() -> None:
    body = {
        "order_id": "${workflow_data.order_id}",
        "amount": "${workflow_data.amount}",
        "customer_email": "${workflow_data.customer_email}",
    }
    assert render(body, scope()) == {"order_id": "o_1", "amount": 5000, "customer_email": None}


def test_the_documented_description_has_a_dollar_before_its_amount() -> None:
    text = "Purchase request for ${workflow_data.order_id} - $${workflow_data.amount}"
    assert render_text(text, scope()) == "Purchase request for o_1 - $5000"


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("${amount}", 5000),
        ("${price}", 12.5),
        ("${urgent}", True),
        ("${nothing}", None),
        ("${gone.for.good}", None),
        ("${customer}", DATA["customer"]),
        ("${items.0.price}", 3),
        ("${id}", "in_1"),
        ("${input.id}", "in_1"),
        ("${context.namespace}", "user_123"),
        ("${input}", {"id": "in_1"}),
    ],
)
def test_a_string_that_is_one_placeholder_keeps_the_type(template: str, value: Any) -> None:
    rendered = render({"here": [template]}, scope())["here"][0]
    assert rendered == value
    assert type(rendered) is type(value)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("id ${amount}", "id 5000"),
        ("${amount}${price}", "500012.5"),
        ("${urgent}!", "true!"),
        ("[${nothing}]", "[]"),
        ("[${gone}]", "[]"),
        ("for ${customer}", 'for {"name":"Jos\N{LATIN SMALL LETTER E WITH ACUTE}"}'),
        ("all ${items}", 'all [{"price":3}]'),
        ("$${amount}", "$5000"),
        ("$$${amount}", "$$5000"),
        ("${amount}}", "5000}"),
        ("$ {amount} $amount {{}} }", "$ {amount} $amount {{}} }"),
        ("", ""),
        ("r ${rate}", "r 0.00001"),
        ("w ${whole}, h ${huge}", f"w 1500, h 1{'0' * 30}"),
        ("d ${deep}", 'd {"x":[0.00001,"1e-05 \\"2.0",-0.0000025]}'),
    ],
)
def test_inside_a_longer_text_a_value_is_its_text(template: str, text: str) -> None:
    assert render(template, scope()) == text
    assert render_text(template, scope()) == text


def test_a_text_stays_a_text_where_one_is_asked_for() -> None:
    assert render_text("${amount}", scope()) == "5000"
    asked = render({"title": "${amount}", "default": "${amount}"}, scope(), text_keys=frozenset({"title"}))
    assert asked == {"title": "5000", "default": 5000}


def test_what_a_value_holds_is_not_a_template() -> None:
    assert render("${sneaky}", scope({"API_KEY": "hunter2"})) == DATA["sneaky"]
    assert render_text("-${sneaky}-", scope({"API_KEY": "hunter2"})) == f"-{DATA['sneaky']}-"


def test_keys_are_not_templates() -> None:
    assert render({"${amount}": "${amount}"}, scope()) == {"${amount}": 5000}


def test_the_template_itself_is_left_as_it_was() -> None:
    document = {"a": ["${amount}", {"b": "${customer}"}]}
    before = copy.deepcopy(document)
    render(document, scope())
    assert document == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Hello ${name", "character 7 is not closed"),
        ("${", "not closed"),
        ("${}", "is empty"),
        ("${ amount }", "is not a path"),
        ("${a + b}", "is not a path"),
        ("${a[0]}", "is not a path"),
        ("${a..b}", "is not a path"),
        ("${.a}", "is not a path"),
        ("${a.}", "is not a path"),
        ("${a\n}", "is not a path"),
        ("${a${b}}", "is not a path"),
        ("${fn()}", "is not a path"),
        ("${secrets.A.B}", "must name one secret"),
    ],
)
def test_what_does_not_parse_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says):
        parse(text)


def test_a_sentence_quotes_little_of_a_long_mistake() -> None:
    with pytest.raises(TemplateError) as caught:
        parse("${" + "?" * 100_000 + "}")
    assert len(str(caught.value)) < 300


def test_placeholders_are_listed_in_order() -> None:
    letter = "\N{GREEK SMALL LETTER ALPHA}"
    assert parse(f"a ${{x.0}} b ${{{letter}-1_b}}").placeholders == (("x", "0"), (f"{letter}-1_b",))
    assert parse("nothing").placeholders == ()


def test_secrets_fill_http_logic_and_nothing_else() -> None:
    assert render_header("Bearer ${secrets.API_KEY}", scope({"API_KEY": "hunter2"})) == "Bearer hunter2"
    with pytest.raises(TemplateError, match="HTTP logic only"):
        render_text("Bearer ${secrets.API_KEY}", scope())


def test_data_called_secrets_cannot_stand_for_a_secret() -> None:
    with pytest.raises(TemplateError, match="HTTP logic only"):
        render("${secrets.KEY}", Scope({"secrets": {"KEY": "planted"}}, {}, {}))


def test_a_secret_that_is_not_set_is_named() -> None:
    with pytest.raises(SecretNotSetError, match="'API_KEY' is not set") as caught:
        render({"a": ["x ${secrets.API_KEY}"]}, scope({"OTHER": "x"}))
    assert caught.value.name == "API_KEY"


def test_the_secrets_that_a_value_mentions_are_known_before_it_is_filled() -> None:
    http = {
        "url": "https://x.example/${secrets.PATH}",
        "headers": {"Authorization": "Bearer ${secrets.API_KEY}", "${secrets.NOT_A_VALUE}": "1"},
        "body": [{"a": "${secrets.API_KEY}${input.secrets}"}, 7, None, "${secrets}"],
    }
    assert secret_names(http) == {"PATH", "API_KEY"}


class TestUrls:
    @pytest.mark.parametrize(
        ("url", "filled"),
        [
            ("https://api.example/orders", "https://api.example/orders"),
            ("https://api.example/o/${order_id}?n=${amount}", "https://api.example/o/o_1?n=5000"),
            ("https://api.example/${v}", "https://api.example/a%2Fb%3Fc%23d%26e%3Df%20g%25"),
            ("https://api.example/?q=${customer.name}", "https://api.example/?q=Jos%C3%A9"),
            ("https://api.example/?q=${gone}&r=${nothing}#${gone}", "https://api.example/?q=&r=#"),
            ("https://api.example/${urgent}", "https://api.example/true"),
            ("https://api.example/${big}/${tiny}", f"https://api.example/1{'0' * 30}/0.00001"),
            ("http://127.0.0.1:8080/${amount}", "http://127.0.0.1:8080/5000"),
            ("https://api.example/a/../b/${amount}", "https://api.example/a/../b/5000"),
            ("https://api.example/v1.${dot}", "https://api.example/v1.."),
        ],
    )
    def test_values_are_percent_encoded(self, url: str, filled: str) -> None:
        assert render_url(url, scope(v="a/b?c#d&e=f g%", dot=".", big=10**30, tiny=1e-05)) == filled

    @pytest.mark.parametrize(
        ("value", "wrong"),
        [(None, "is null"), ("", "is empty"), ({"a": 1}, "is an object"), ([], "is a list"), ([1], "is a list")],
    )
    @pytest.mark.parametrize(
        "url",
        [
            "https://api.example/orders/${order.id}",
            "https://api.example/o-${order.id}/x?y=1",
            "https://a.b/${v}/${order.id}#x",
        ],
    )
    def test_a_path_needs_every_value_and_the_error_names_the_placeholder(
        self, url: str, value: Any, wrong: str
    ) -> None:
        with pytest.raises(TemplateError, match=rf"needs \$\{{order\.id\}}, which {wrong}"):
            render_url(url, scope(order={"id": value}, v="x"))
        with pytest.raises(TemplateError, match=r"needs \$\{order\.id\}, which has no value"):
            render_url(url, scope(order={}, v="x"))

    @pytest.mark.parametrize("url", ["https://api.example:${gone}/a", "https://api.example${gone}", "https://${gone}/"])
    def test_nothing_is_no_part_of_the_host_either(self, url: str) -> None:
        with pytest.raises(TemplateError):
            render_url(url, scope())

    @pytest.mark.parametrize(
        "url",
        [
            "${v}",
            "${v}/path",
            "https://${v}",
            "https://${v}/path",
            "https://api.${v}/",
            "https://api.example${v}",
            "https://api.example:80${v}/",
            "https://api.example${v}:443/",
            "https://user${v}@api.example/",
            "http${v}://api.example/",
            "//api.example/${v}",
            "ftp://api.example/${v}",
            "https:///path/${v}",
            "https://[::1${v}/",
            "https://api.example\\${v}",
            "https://api.example/a b",
            "https://api.example/\n${v}",
            "file:///etc/passwd",
            "api.example/${v}",
            "",
        ],
    )
    @pytest.mark.parametrize("value", ["evil.example", ".evil.example", "@evil.example", "/x", "0", "]", "s"])
    def test_no_value_changes_scheme_or_host(self, url: str, value: str) -> None:
        with pytest.raises(TemplateError):
            render_url(url, scope(v=value))

    @pytest.mark.parametrize(
        ("url", "values"),
        [
            ("https://api.example/users/${v}/delete", {"v": ".."}),
            ("https://api.example/users/${v}", {"v": "."}),
            ("https://api.example/users/${v}${w}", {"v": ".", "w": "."}),
            ("https://api.example/users/.${v}", {"v": "."}),
        ],
    )
    def test_no_value_climbs_in_the_path(self, url: str, values: dict[str, Any]) -> None:
        with pytest.raises(TemplateError, match="path of the URL"):
            render_url(url, scope(**values))

    def test_dots_in_the_query_are_only_dots(self) -> None:
        assert render_url("https://api.example/?up=/${v}/", scope(v="..")) == "https://api.example/?up=/../"

    @given(JSON, TEXTS)
    def test_whatever_the_value_the_request_goes_to_the_host_that_is_written(self, value: Any, path: str) -> None:
        try:
            url = render_url(f"https://api.example/{path}", Scope({"x": value}, {}, {}, {"KEY": "s"}))
        except TemplateError:
            return
        assert url.startswith("https://api.example/")
        assert " " not in url


class TestHeaders:
    @pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\0b", "a\x7fb", "a\x85b", "\x1b[0m"])
    def test_a_value_cannot_break_the_line(self, value: str) -> None:
        with pytest.raises(TemplateError, match="control character"):
            render_header("X ${v}", scope(v=value))

    def test_a_value_outside_latin_1_is_refused_with_the_reason(self) -> None:
        with pytest.raises(TemplateError, match="Latin-1"):
            render_header("${v}", scope(v="\N{SNOWMAN}"))

    @pytest.mark.parametrize(
        ("value", "text"),
        [("${amount}", "5000"), (7, "7"), (True, "true"), (None, ""), ("  ${order_id}\t", "o_1"), ("a\tb", "a\tb")],
    )
    def test_a_header_is_text(self, value: Any, text: str) -> None:
        assert render_header(value, scope()) == text


class TestExpansion:
    BIG = "x" * (256 * 1024)

    @pytest.mark.parametrize(
        "template",
        [
            ["${big}"] * 10_000,
            {"a": "${big}" * 10_000},
            [["-${big}"] * 10_000],
            ["${list}"] * 10_000,
            "${quotes}" * 2,
        ],
    )
    def test_a_body_does_not_grow_past_its_cap(self, template: Any) -> None:
        with pytest.raises(RenderedTooLargeError):
            render(template, scope(big=self.BIG, list=[self.BIG], quotes='"' * 200_000))

    @pytest.mark.parametrize("template", [["${big}"] * 200, "${big}" * 200, {"a": ["-${big}"] * 200}])
    def test_what_would_be_too_large_is_not_built_first(self, template: Any) -> None:
        big = scope(big=self.BIG)
        tracemalloc.start()
        try:
            with pytest.raises(RenderedTooLargeError):
                render(template, big)
            assert tracemalloc.get_traced_memory()[1] < 8 * len(self.BIG)
        finally:
            tracemalloc.stop()

    def test_a_text_and_a_url_have_caps_of_their_own(self) -> None:
        with pytest.raises(RenderedTooLargeError):
            render_text("${big}" * 3, scope(big=self.BIG))
        with pytest.raises(RenderedTooLargeError):
            render_url("https://api.example/${big}", scope(big="/" * 200_000))

    def test_the_cap_counts_bytes_of_json_to_the_last_one(self) -> None:
        document = {"a": ["${snow}", 1]}
        snow = "\N{SNOWMAN}" * 10
        size = len(json.dumps({"a": [snow, 1]}, ensure_ascii=False, separators=(",", ":")).encode())
        assert render(document, scope(snow=snow), max_bytes=size) == {"a": [snow, 1]}
        with pytest.raises(RenderedTooLargeError):
            render(document, scope(snow=snow), max_bytes=size - 1)


@given(JSON.filter(lambda value: "${" not in json.dumps(value, ensure_ascii=False)))
def test_a_document_without_placeholders_is_itself(document: Any) -> None:
    assert render(document, scope()) == document


@given(st.lists(TEXTS, max_size=4), JSON)
def test_any_text_renders_or_is_a_template_error(texts: list[str], value: Any) -> None:
    filled = Scope({"x": value}, value, {}, {"KEY": "s"})
    with contextlib.suppress(TemplateError):
        render({"texts": texts}, filled)
    with contextlib.suppress(TemplateError):
        secret_names(texts)
    for text in texts:
        with contextlib.suppress(TemplateError):
            render_text(text, filled)
        with contextlib.suppress(TemplateError):
            render_header(text, filled)


@given(TEXTS)
def test_the_parts_of_a_template_are_the_text(text: str) -> None:
    try:
        template = parse(text)
    except TemplateError:
        return
    pieces = [part if isinstance(part, str) else "${" + ".".join(part) + "}" for part in template.parts]
    assert "".join(pieces) == text
