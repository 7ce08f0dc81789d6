"""Mails of tasks: readable, in the reader's language, with one link, and nothing of a hostile text comes through."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from interactor.core.times import DAY
from interactor.tasks.mail import catalogue, letters
from interactor.tasks.mail.letters import Notice
from interactor.tasks.rules.notices import MAILED, Kind

NOON = 1_770_638_400_000
URL = "https://api.example.com/inbox/task?t=AbC-_"
NOTICE = Notice("created", "Order 4711", "Please look at the <offer>.", NOON, URL, "decide", NOON + 7 * DAY)
KINDS: tuple[Kind, ...] = (*MAILED, "renewed")
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</p></td></table><script>alert(1)</script>",
    "\"><a href='https://evil.example'>Approve</a>",
    "Pay\r\nBcc: everyone@example.com\r\n\r\nHello",
    "abc\u202egnp.exe\u2066\u2069\u200f\u061c",
    "zero\u200bwidth\ufeff\u00adhyphen",
    "\x00\x07\x1b[31mred\x9b",
    "{title} {0} {by.__class__} %s",
    "&amp;&lt;script&gt;",
    "x" * 10_000,
    "\u2028line\u2029paragraph\x85next",
    "\ud800lone",
)


class Seen(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "background")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", catalogue.languages())
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    english, other = catalogue.words("en"), catalogue.words(language)
    assert other.keys() == english.keys()
    assert {key: placeholders(text) for key, text in other.items()} == {
        key: placeholders(text) for key, text in english.items()
    }
    assert all(other.values())


def used() -> Iterator[str]:
    """The keys that the code asks for."""
    source = Path(letters.__file__).read_text("utf-8")
    yield from re.findall(r'words\["([a-z_.]+)"\]', source)
    for kind in KINDS:
        yield from (f"{kind}.subject", f"{kind}.lead")
    yield from ("info_requested.lead.nobody", "decide", "view")


def test_every_text_is_asked_for_and_there() -> None:
    assert set(used()) == set(catalogue.words("en"))


@pytest.mark.parametrize(
    ("locale", "language"),
    [(None, "en"), ("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("fr", "en"), ("", "en"), ("../../en", "en")],
)
def test_a_mail_is_in_the_readers_language_or_english(locale: str | None, language: str) -> None:
    letter = letters.write(replace(NOTICE, locale=locale))
    assert letter.language == language
    assert f'<html lang="{language}">' in letter.html


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", catalogue.languages())
def test_a_mail_says_what_is_asked_until_when_and_where(kind: Kind, language: str) -> None:
    letter = letters.write(replace(NOTICE, kind=kind, locale=language, by="Bo"))
    assert "Order 4711" in letter.subject
    for part in ("Order 4711", "Please look at the <offer>.", "2026", URL):
        assert part in letter.text
        assert part in "".join(Seen(letter.html).texts) or part == URL
    assert Seen(letter.html).links == [URL]
    assert letter.text.count("http") == 1


def test_a_question_is_what_is_asked() -> None:
    letter = letters.write(replace(NOTICE, kind="info_requested", by="Bo", question="Which cost centre?"))
    assert "Bo has a question" in letter.text
    assert "Which cost centre?" in letter.text
    assert "offer" not in letter.text
    assert "There is a question" in letters.write(replace(NOTICE, kind="info_requested", question="?")).text


def test_who_stands_in_and_who_is_a_member_is_told_why() -> None:
    assert "stand in for Ann" in letters.write(replace(NOTICE, absent="Ann", group="finance")).text
    assert "member of the group finance" in letters.write(replace(NOTICE, group="finance")).text


def test_a_link_says_what_it_does_and_until_when() -> None:
    assert "decides nothing" in letters.write(NOTICE).text
    assert "16 Feb 2026, 12:00 UTC" in letters.write(NOTICE).text
    assert "To decide, you sign in" in letters.write(replace(NOTICE, mode="view")).text
    assert "until" not in letters.write(replace(NOTICE, mode="none", link_ends_at=None)).text


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("member", ["title", "asked", "absent", "group", "by", "question"])
def test_whatever_a_text_holds_it_stays_a_text(hostile: str, member: str) -> None:
    plain = letters.write(replace(NOTICE, kind="info_requested", **{member: "Plain"}))
    letter = letters.write(replace(NOTICE, kind="info_requested", **{member: hostile}))
    seen, before = Seen(letter.html), Seen(plain.html)
    assert [tag for tag in seen.tags if tag != "br"] == [tag for tag in before.tags if tag != "br"]
    assert seen.links == [URL]
    for text in (letter.subject, letter.text, letter.html):
        text.encode()
        shown = text.replace("\n", "")
        assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in shown)
    assert "\n" not in letter.subject
    assert len(letter.subject) < 200
    assert len(letter.html) < 20_000


def test_emoji_and_scripts_that_join_stay_whole() -> None:
    family, persian = "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    subject = letters.write(replace(NOTICE, title=f"{family} {persian}")).subject
    assert family in subject
    assert persian in subject


def test_a_title_without_a_letter_that_shows_is_told_from_none() -> None:
    assert letters.write(replace(NOTICE, title="\u200b\u202e ")).subject == "Please decide: …"


def test_lines_stay_lines_without_gaps() -> None:
    letter = letters.write(replace(NOTICE, asked="one\r\n\r\n\r\n  two\tthree \n"))
    assert "one\n\ntwo three\n\nDue" in letter.text
    assert "one<br><br>two three</p>" in letter.html
