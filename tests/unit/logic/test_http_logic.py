"""HTTP logic: how each answer and each failure is judged (ruling 13), and what of an answer is kept."""

import gzip
import zlib
from typing import Any

import pytest

from interactor.core.logic import Failed, HttpCall, Succeeded
from interactor.logic.http import run_http_call
from interactor.outgoing import OutgoingClient
from tests.support.servers import Serve, Server, answer, answering

NOW = 1_800_000_000_000  # Fri, 15 Jan 2027 08:00:00 GMT


def run(url: str, extra: dict[str, str] | None = None, loopback: bool = True, **changes: Any) -> Succeeded | Failed:
    call = HttpCall(**{"method": "GET", "url": url, "headers": {}, "body": None, "timeout_ms": 2000, **changes})
    outcome = run_http_call(OutgoingClient(allow_loopback=loopback), call, extra or {}, now=lambda: NOW)
    assert outcome.duration_ms >= 0
    return outcome


def failed(*arguments: Any, **changes: Any) -> Failed:
    outcome = run(*arguments, **changes)
    assert isinstance(outcome, Failed)
    return outcome


@pytest.mark.parametrize(
    ("content_type", "body", "kept"),
    [
        ("application/json", b'{"a":1.0}', {"a": 1}),
        ("application/json; charset=utf-8", b"[1]", [1]),
        ("APPLICATION/JSON", b"5", 5),
        ("application/problem+json", b"null", None),
        ("text/json", b"true", True),
        ("text/plain", b'{"a":1}', {"a": 1}),
        ("text/html", b" \n[1,2]", [1, 2]),
        ("text/plain", b"5", "5"),
        ("text/plain", b"true", "true"),
        ("text/plain", b"{not json", "{not json"),
        ("application/json", b"", ""),
        ("application/json", b'{"a":NaN}', '{"a":NaN}'),
        ("application/json", b'{"a":1e999}', '{"a":1e999}'),
        ("application/json", b'{"a":1,"a":2}', '{"a":1,"a":2}'),
        ("application/json", b'"\\ud800"', '"\\ud800"'),
        ("application/json", b"[" * 5000, "[" * 5000),
        ("application/json", b"\xef\xbb\xbf[1]", [1]),
        ("application/json; charset=utf-16", '{"a":"é"}'.encode("utf-16"), {"a": "é"}),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", "café"),
        ('text/plain; charset="windows-1252"', b"\x80", "€"),
        ("text/plain; charset=unicode_escape", b"\\ud800", "\\ud800"),
        ("text/plain; charset=punycode", b"x", "x"),
        ("text/plain; charset=hex", b"zz", "zz"),
        ("text/plain; charset=iso-8859-99", b"x", "x"),
        ("image/png", b"\x89PNG\xff", None),
        ("application/pdf", b"%PDF-1.7", "%PDF-1.7"),
        ("text/plain", b"a\x00b", "a\x00b"),
    ],
)
def test_a_2xx_answer_is_kept_as_status_and_body(serve: Serve, content_type: str, body: bytes, kept: object) -> None:
    server = serve(answering(answer("202 Accepted", body, Content_Type=content_type)))
    outcome = run(server.url)
    assert isinstance(outcome, Succeeded)
    assert outcome.value == {"status": 202, "body": kept}
    assert repr(outcome.value["body"]) == repr(kept)


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


@pytest.mark.parametrize(
    ("coding", "body", "kept"),
    [
        ("gzip", gzipped(b'{"approved":true}'), {"approved": True}),
        ("GZIP", gzipped(b"[1]"), [1]),
        ("x-gzip", gzipped(b"[1]"), [1]),
        ("gzip", gzipped(b"[1") + gzipped(b"]"), [1]),
        ("deflate", zlib.compress(b"[1]"), [1]),
        ("deflate", zlib.compress(b"[1]")[2:-4], [1]),
        ("identity", b"[1]", [1]),
        ("gzip", b"", ""),
        ("br", b"", ""),
        ("gzip", gzipped(b"x" * 65_536), "x" * 65_536),
    ],
)
def test_a_compressed_answer_is_read(serve: Serve, coding: str, body: bytes, kept: object) -> None:
    server = serve(answering(answer("200 OK", body, Content_Type="text/plain", Content_Encoding=coding)))
    outcome = run(server.url)
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.value == {"status": 200, "body": kept}


@pytest.mark.parametrize(
    ("headers", "body", "named", "retryable"),
    [
        ({"Content_Encoding": "br"}, b"\x0b\x02\x80{}\x03", "br", False),
        ({"Content_Encoding": "zstd"}, b"{}", "zstd", False),
        ({"Content_Encoding": "gzip, gzip"}, gzipped(gzipped(b"{}")), "gzip, gzip", False),
        ({"Content_Encoding": "gzip"}, b'{"approved":true}', "gzip", True),
        ({"Content_Encoding": "gzip"}, gzipped(b"{}")[:-5], "gzip", True),
        ({"Content_Encoding": "gzip"}, gzipped(b"{}") + b"rest", "gzip", True),
        ({"Content_Encoding": "deflate"}, b"{}", "deflate", True),
        ({"Content_Encoding": "gzip"}, gzipped(b"x" * 65_537), "65536 bytes once decompressed", False),
        ({"Content_Encoding": "gzip"}, gzipped(b"x" * 50_000_000), "65536 bytes once decompressed", False),
        ({"Content_Type": "text/plain"}, b"caf\xe9", "UTF-8", False),
        ({"Content_Type": "application/json"}, b'"caf\xe9"', "UTF-8", False),
        ({}, b"caf\xe9", "UTF-8", False),
        ({"Content_Type": "text/plain"}, b"\xed\xa0\x80", "UTF-8", False),
        ({"Content_Type": "text/plain; charset=utf-8"}, b"\xff", "utf-8", False),
        ({"Content_Type": "text/plain; charset=ebcdic-cp-us"}, b"\x83\x81", "ebcdic-cp-us", False),
        ({"Content_Type": "application/soap+xml"}, b"<\xe9/>", "UTF-8", False),
    ],
)
def test_an_answer_that_cannot_be_read_fails_and_says_why(
    serve: Serve, headers: dict[str, str], body: bytes, named: str, retryable: bool
) -> None:
    outcome = failed(serve(answering(answer("200 OK", body, **headers))).url)
    assert (outcome.code, outcome.retryable) == ("http_error", retryable)
    assert named in outcome.message


def test_what_a_compressed_refusal_says_is_quoted(serve: Serve) -> None:
    headers = {"Content_Encoding": "gzip", "Content_Type": "text/plain"}
    assert (
        "no such order" in failed(serve(answering(answer("404 No", gzipped(b"no such order"), **headers))).url).message
    )
    broken = failed(serve(answering(answer("404 No", b"no such order", **headers))).url)
    assert broken.message == "GET to 127.0.0.1 answered 404"


def test_an_answer_without_content_type_is_judged_by_its_text(serve: Serve) -> None:
    outcome = run(serve(answering(answer(body=b'{"ok":true}'))).url)
    assert isinstance(outcome, Succeeded)
    assert outcome.value == {"status": 200, "body": {"ok": True}}


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        ("400 Bad Request", False),
        ("401 Unauthorized", False),
        ("404 Not Found", False),
        ("408 Request Timeout", True),
        ("409 Conflict", False),
        ("410 Gone", False),
        ("422 Unprocessable", False),
        ("429 Too Many Requests", True),
        ("500 Internal Server Error", True),
        ("503 Service Unavailable", True),
        ("599 Whatever", True),
        ("600 Whatever", False),
        ("101 Switching Protocols", False),
    ],
)
def test_other_answers_fail_and_say_which_may_be_tried_again(serve: Serve, status: str, retryable: bool) -> None:
    outcome = failed(serve(answering(answer(status))).url)
    assert (outcome.code, outcome.retryable, outcome.retry_after_ms) == ("http_error", retryable, None)
    assert f"answered {status[:3]}" in outcome.message


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "304 Not Modified", "307 T", "308 P"])
def test_a_redirect_fails_at_once_and_says_that_it_is_not_followed(serve: Serve, status: str) -> None:
    outcome = failed(serve(answering(answer(status, Location="http://example.com/"))).url)
    assert (outcome.code, outcome.retryable) == ("http_error", False)
    assert f"answered {status[:3]}; redirects are not followed" in outcome.message


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", 0),
        ("7", 7000),
        ("60", 60_000),
        ("61", 60_000),
        ("9" * 5000, 60_000),
        ("Fri, 15 Jan 2027 08:00:20 GMT", 20_000),
        ("Fri, 15 Jan 2027 09:00:00 GMT", 60_000),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("Friday, 15-Jan-27 08:00:20 GMT", 20_000),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Fri, 99 Jan 2027 08:00:20 GMT", None),
        ("Fri, 15 Jan 99999999999 08:00:20 GMT", None),
        ("\u0665", None),
    ],
)
def test_retry_after_is_honoured_up_to_a_minute(serve: Serve, header: str, wait: int | None) -> None:
    outcome = failed(serve(answering(answer("503 Busy", Retry_After=header))).url)
    assert outcome.retry_after_ms == wait


def test_retry_after_of_an_answer_that_is_not_tried_again_says_nothing(serve: Serve) -> None:
    assert failed(serve(answering(answer("404 Not Found", Retry_After="5"))).url).retry_after_ms is None


def test_a_timeout_has_its_own_code_and_may_be_tried_again(serve: Serve) -> None:
    def hangs(server: Server, connection: Any) -> None:
        server.stop.wait(3)

    outcome = failed(serve(hangs).url, timeout_ms=200)
    assert (outcome.code, outcome.retryable) == ("http_timeout", True)
    assert "200 ms" in outcome.message
    assert 190 <= outcome.duration_ms < 700


def test_a_broken_connection_may_be_tried_again(serve: Serve) -> None:
    outcome = failed(serve(answering(b"")).url)
    assert (outcome.code, outcome.retryable) == ("http_error", True)


def test_an_answer_of_64_kb_is_kept_and_one_byte_more_fails_for_good(serve: Serve) -> None:
    outcome = run(serve(answering(answer(body=b"x" * 65_536))).url)
    assert isinstance(outcome, Succeeded)
    over = failed(serve(answering(answer(body=b"x" * 65_537))).url)
    assert (over.code, over.retryable) == ("http_error", False)
    assert "65536 bytes" in over.message


def test_an_address_that_is_not_public_fails_for_good_and_says_why() -> None:
    outcome = failed("http://169.254.169.254/latest/meta-data/?q=1", loopback=False)
    assert (outcome.code, outcome.retryable) == ("http_error", False)
    assert "only public addresses can be called" in outcome.message


def test_a_message_holds_at_most_200_characters_of_the_answer_on_one_line_and_nothing_of_path_or_query(
    serve: Serve,
) -> None:
    server = serve(answering(answer("500 Oops", b"a\r\n\x00\x1b[31mb " + b"x" * 5000)))
    message = failed(f"{server.url}path-hush?token=query-hush").message
    assert "hush" not in message
    assert message.startswith("GET to 127.0.0.1 answered 500: a [31mb xxx")
    assert message.isprintable()
    assert len(message) == len("GET to 127.0.0.1 answered 500: ") + 200


def test_the_engines_headers_win_over_the_definitions(serve: Serve) -> None:
    server = serve(answering(answer()))
    run(
        server.url,
        {"Idempotency-Key": "ours"},
        headers={"Idempotency-Key": "theirs", "idempotency-key": "theirs", "X-A": "1"},
    )
    head = server.requests[0].lower()
    assert b"idempotency-key: ours" in head
    assert b"theirs" not in head
    assert b"x-a: 1" in head


def test_a_header_with_a_line_break_fails_for_good(serve: Serve) -> None:
    outcome = failed(serve(answering(answer())).url, headers={"X": "a\r\nY: b"})
    assert (outcome.code, outcome.retryable) == ("http_error", False)
