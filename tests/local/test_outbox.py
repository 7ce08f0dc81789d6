"""The outbox of a local run: every mail once, as a file that mail programs read, and on a page that runs nothing."""

import json
import re
from email import policy
from email.parser import BytesParser
from html import unescape

import pytest

from local.gateway import Request
from local.outbox import Outbox
from tests.support.servers import answer, serve

__all__ = ["serve"]

MAIL = {
    "MessageId": "5ceeea59-80aa-4ac2-91ee-98775401ff93@email.amazonses.com",
    "Source": "tasks@interactor.example",
    "To": ["bo@example.com"],
    "Subject": "Bitte entscheiden: <b>Möbel</b> für 12.500 €",
    "BodyText": "Aufgabe öffnen:\nhttp://127.0.0.1:8080/inbox/task?t=" + "a" * 300,
    "BodyHtml": "<!doctype html>\n<html><head>\n</head><body><script>alert(1)</script><a href='/x'>öffnen</a></body>",
    "Timestamp": 1_770_000_000.25,
}
"""As MiniStack tells of one."""
ASKED = Request("GET", "/_local/outbox", "HTTP/1.1", {}, "127.0.0.1", b"", 0)


@pytest.fixture
def mails():
    return []


@pytest.fixture
def outbox(tmp_path, mails, serve):
    def behave(server, connection):
        server.read_request(connection)
        connection.sendall(answer(body=json.dumps({"messages": {"000000000000": mails}}).encode()))

    return Outbox(serve(behave).url.rstrip("/"), tmp_path / "mail", None, "tasks@interactor.example")


def page(outbox):
    return outbox.page(ASKED).body.decode()


def test_a_mail_is_kept_once_as_mail_programs_read_it(outbox, mails, tmp_path):
    mails.append(MAIL)
    for _ in range(3):
        outbox.collect()
    (path,) = (tmp_path / "mail").iterdir()
    assert path.suffix == ".eml"
    read = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert (read["Subject"], read["To"], read["From"]) == (MAIL["Subject"], "bo@example.com", MAIL["Source"])
    assert read.get_body(("plain",)).get_content().strip() == MAIL["BodyText"]
    assert read.get_body(("html",)).get_content().strip() == MAIL["BodyHtml"]


def test_the_page_shows_the_newest_first_and_what_came_at_this_moment(outbox, mails):
    assert "No mail yet" in page(outbox)
    for number in range(3):
        mails.append({**MAIL, "MessageId": f"{number}@x", "Subject": f"S{number}", "Timestamp": 1_770_000_000 + number})
    assert re.findall(r"<strong>(S.)</strong>", page(outbox)) == ["S2", "S1", "S0"]


def test_what_a_mail_holds_runs_nothing_and_its_link_leaves_the_frame(outbox, mails):
    mails.append(MAIL)
    shown = page(outbox)
    assert "<script>" not in shown
    assert "<b>Möbel" not in shown
    assert 'sandbox="allow-top-navigation-by-user-activation"' in shown
    (framed,) = re.findall(r'srcdoc="([^"]*)"', shown)
    assert unescape(framed).startswith('<!doctype html>\n<html><head><base target="_top">')


def test_a_name_that_would_lead_elsewhere_is_no_path(outbox, mails, tmp_path):
    mails.append({**MAIL, "MessageId": "../../evil/x@y"})
    outbox.collect()
    assert [path.parent for path in tmp_path.rglob("*.eml")] == [tmp_path / "mail"]


def test_an_embedded_aws_that_does_not_answer_leaves_what_is_kept(outbox, mails, tmp_path):
    mails.append(MAIL)
    outbox.collect()
    gone = Outbox("http://127.0.0.1:1", tmp_path / "mail", None, "x@y.example")
    assert MAIL["MessageId"].partition("@")[0] in page(gone)
