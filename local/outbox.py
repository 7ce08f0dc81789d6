"""Mails of the embedded AWS: nothing is sent, each is kept as a file and shown on a page.

``/_local/outbox`` shows the latest, newest first. A mail is shown in a frame that runs no scripts.
"""

import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.aws import Aws
from local.gateway import Request, Response

_log = logging.getLogger("local.outbox")
PATH = "/_local/outbox"
_EVERY_SECONDS = 1.0
_SHOWN = 50
_POLICY = policy.default
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "iframe{width:100%;height:32rem;border:1px solid #888;background:#fff}summary{cursor:pointer;padding:.5rem 0}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}"
)
_HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"),
)


class Outbox:
    """Keeps what the embedded SES was given, each mail as ``.eml`` in a folder."""

    def __init__(self, endpoint: str, directory: Path, aws: Aws, sender: str) -> None:
        """``sender`` is the address that mails come from: the embedded SES takes verified ones only, as SES does."""
        self._url = f"{endpoint}/_ministack/ses/messages"
        self._directory = directory
        self._aws, self._sender = aws, sender
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._stopping = threading.Event()
        self._collecting = threading.Lock()
        self._os_thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to keep mails."""
        with suppress(ClientError):  # it is known from yesterday
            self._aws.client("sesv2").create_email_identity(EmailIdentity=self._sender)
        self._os_thread.start()

    def ask_to_stop(self) -> None:
        """Nothing waits for this: the last mails are kept as it ends."""

    def wait(self, deadline: float) -> bool:
        """Keep what came until now."""
        self._stopping.set()
        self._os_thread.join(_EVERY_SECONDS)
        self.collect()
        return True

    def collect(self) -> None:
        """Keep the mails that are not kept yet."""
        try:
            with self._collecting, self._opener.open(self._url, timeout=5) as answer:
                kept = {path.stem.partition("_")[2] for path in self._directory.glob("*.eml")}
                for mail in _mails(json.load(answer)):
                    if _name(mail) not in kept:
                        self._keep(mail)
        except (urllib.error.URLError, OSError, ValueError):
            _log.warning("the mails of the embedded AWS could not be read", exc_info=True)

    def page(self, _: Request) -> Response:
        """Return the page."""
        self.collect()
        paths = sorted(self._directory.glob("*.eml"), reverse=True)[:_SHOWN]
        shown = "".join(_shown(path, first=number == 0) for number, path in enumerate(paths))
        body = shown or "<p>No mail yet. Mails about tasks show here; none leaves this machine.</p>"
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Outbox</title><style>{_STYLE}</style>'
            f"<h1>Outbox</h1>{body}</html>"
        )
        return Response(200, _HEADERS, page.encode())

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_SECONDS):
            self.collect()

    def _keep(self, mail: Mapping[str, Any]) -> None:
        at = datetime.fromtimestamp(float(mail["Timestamp"]), UTC)
        message = EmailMessage(policy=_POLICY)
        message["From"], message["To"] = mail["Source"], ", ".join(mail["To"])
        message["Subject"], message["Date"] = mail["Subject"], format_datetime(at)
        message["Message-ID"] = f"<{mail['MessageId']}>"
        message.set_content(mail["BodyText"] or "")
        if mail.get("BodyHtml"):
            message.add_alternative(mail["BodyHtml"], subtype="html")
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{at:%Y%m%dT%H%M%S.%f}_{_name(mail)}.eml"
        draft = path.with_suffix(".tmp")
        draft.write_bytes(message.as_bytes())
        draft.replace(path)


def _mails(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for listed in answer.get("messages", {}).values():
        yield from listed


def _name(mail: Mapping[str, Any]) -> str:
    """What tells a mail's file from others: the part of its id before the domain, which is a UUID."""
    return "".join(each for each in str(mail["MessageId"]).partition("@")[0] if each.isalnum() or each == "-")


def _shown(path: Path, first: bool) -> str:
    with path.open("rb") as file:
        message = BytesParser(EmailMessage, policy=_POLICY).parse(file)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    # A link leaves the frame: the page that it leads to refuses to be shown in one.
    framed = (html.get_content() if html is not None else "").replace("<head>", '<head><base target="_top">', 1)
    plain = text.get_content() if text is not None else ""
    return (
        f"<details{' open' if first else ''}><summary><strong>{escape(str(message['Subject']))}</strong><br>"
        f"to {escape(str(message['To']))}, {escape(str(message['Date']))}, {escape(path.name)}</summary>"
        f'<iframe sandbox="allow-top-navigation-by-user-activation" title="mail" srcdoc="{escape(framed)}"></iframe>'
        f"<pre>{escape(plain)}</pre></details>"
    )
