"""One mail, as text and as HTML: what is asked, until when, and one link. What a form holds is never in it.

Every text from a task is escaped, loses what does not show, and is no link of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

from interactor.core.times import Millis
from interactor.tasks.mail import catalogue
from interactor.tasks.rules import plain
from interactor.tasks.rules.notices import Kind, LinkMode

_TITLE, _SUBJECT, _ASKED, _NAME = 200, 150, 2_000, 100
"""Characters of each that a mail has at the most."""
_NO_TITLE: Final = "…"


@dataclass(frozen=True)
class Notice:
    """What a mail says. ``link_ends_at`` None: the link is the inbox's address, and whoever opens it signs in."""

    kind: Kind
    title: str
    asked: str | None
    due_at: Millis | None
    url: str
    mode: LinkMode = "none"
    link_ends_at: Millis | None = None
    locale: str | None = None
    absent: str | None = None
    group: str | None = None
    by: str | None = None
    question: str | None = None


@dataclass(frozen=True)
class Letter:
    """A mail, but for its addresses."""

    language: str
    subject: str
    text: str
    html: str


def write(notice: Notice) -> Letter:
    """Return the mail of a notice, in the language of its reader."""
    language = catalogue.language_of(notice.locale)
    words = catalogue.words(language)
    title = plain.one_line(notice.title, _TITLE) or _NO_TITLE
    subject = words[f"{notice.kind}.subject"].format(title=plain.one_line(title, _SUBJECT))
    lead = [_lead(words, notice)]
    if notice.absent is not None:
        lead.append(words["absent"].format(person=plain.one_line(notice.absent, _NAME)))
    elif notice.group is not None:
        lead.append(words["group"].format(group=plain.one_line(notice.group, _NAME)))
    said = plain.lines(notice.question or notice.asked or "", _ASKED)
    due = [words["due"].format(time=_moment(notice.due_at, words["date"]))] if notice.due_at is not None else []
    about = words["sign_in"]
    if notice.link_ends_at is not None:
        about = words[notice.mode].format(time=_moment(notice.link_ends_at, words["date"]))
    parts = _Parts(title, lead, said, due, words["open"], notice.url, [about, words["automatic"]])
    return Letter(language, subject, _as_text(parts), _as_html(parts, language, subject))


@dataclass(frozen=True)
class _Parts:
    title: str
    lead: Sequence[str]
    said: Sequence[str]
    due: Sequence[str]
    open: str
    url: str
    foot: Sequence[str]


def _lead(words: Mapping[str, str], notice: Notice) -> str:
    key = f"{notice.kind}.lead"
    if notice.kind == "info_requested" and notice.by is None:
        key = f"{key}.nobody"
    return words[key].format(by=plain.one_line(notice.by or "", _NAME))


def _moment(moment: Millis, pattern: str) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime(pattern)


def _as_text(parts: _Parts) -> str:
    blocks = [
        " ".join(parts.lead),
        parts.title,
        "\n".join(parts.said),
        "\n".join(parts.due),
        f"{parts.open}:\n{parts.url}",
        "\n".join(parts.foot),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{subject}</title>
</head>
<body style="margin:0;padding:24px 12px;background:#f3f4f6;color:#1f2937;{font}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" \
style="max-width:560px;background:#ffffff;border:1px solid #d1d5db;border-radius:8px">
<tr><td style="padding:28px 28px 24px;text-align:left;{font}">
{content}
</td></tr></table>
</td></tr></table>
</body>
</html>
"""
_FONT: Final = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5"
_TITLE_STYLE: Final = "margin:0 0 16px;font-size:20px;line-height:1.3;color:#111827;overflow-wrap:anywhere"
_SAID_STYLE: Final = (
    "margin:0 0 16px;padding:12px 16px;background:#f9fafb;border-left:3px solid #9ca3af;overflow-wrap:anywhere"
)
_BUTTON_STYLE: Final = (
    "display:inline-block;padding:12px 24px;background:#1d4ed8;border-radius:6px;color:#ffffff;"
    "font-weight:600;text-decoration:none"
)


def _as_html(parts: _Parts, language: str, subject: str) -> str:
    content = [f'<p style="margin:0 0 8px;color:#4b5563">{escape(" ".join(parts.lead))}</p>']
    content.append(f'<h1 dir="auto" style="{_TITLE_STYLE}">{escape(parts.title)}</h1>')
    if parts.said:
        content.append(f'<p dir="auto" style="{_SAID_STYLE}">{"<br>".join(escape(each) for each in parts.said)}</p>')
    content += [f'<p style="margin:0 0 16px"><strong>{escape(each)}</strong></p>' for each in parts.due]
    button = f'<a href="{escape(parts.url)}" style="{_BUTTON_STYLE}">{escape(parts.open)}</a>'
    content.append(f'<p style="margin:24px 0">{button}</p>')
    content += [f'<p style="margin:0 0 8px;font-size:13px;color:#6b7280">{escape(each)}</p>' for each in parts.foot]
    return _PAGE.format(language=language, subject=escape(subject), font=_FONT, content="\n".join(content))
