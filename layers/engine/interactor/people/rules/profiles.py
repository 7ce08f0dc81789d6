"""What is stored of people and groups for showing and writing to them, and when somebody may be away."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from interactor.access.rules.actors import is_printable
from interactor.core.errors import SubstituteQuotaExceededError
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.people.rules.directory import STOOD_IN_FOR, Away, StandIn

NAME_CHARACTERS: Final = 200
EMAIL_CHARACTERS: Final = 254
"""Of an address in an envelope (RFC 5321, 4.5.3.1.3)."""

# What HTML's e-mail fields take, without what only a quoted local part could hold: it goes into headers of mail.
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    re.ASCII,
)
_LOCALE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)


def problems(name: str | None, email: str | None, locale: str | None = None) -> list[JsonObject]:
    """Return what is wrong with what is told of a person or group, as ``{field, message}``; None is not told."""
    wrong: list[JsonObject] = []
    if name is not None and not (1 <= len(name) <= NAME_CHARACTERS and is_printable(name)):
        wrong.append({"field": "name", "message": f"must be 1 to {NAME_CHARACTERS} printable characters, or null"})
    if email is not None and (len(email) > EMAIL_CHARACTERS or not _EMAIL.fullmatch(email)):
        message = "must be an e-mail address in ASCII, such as ann@example.org, or null"
        wrong.append({"field": "email", "message": f"{message}; write another domain in its xn-- form"})
    if locale is not None and not _LOCALE.fullmatch(locale):
        wrong.append({"field": "locale", "message": "must be a language tag such as de or en-GB, or null"})
    return wrong


def away_problems(person: str, away: Away, now: Millis) -> list[JsonObject]:
    """Return what is wrong with an absence, as ``{field, message}``."""
    wrong: list[JsonObject] = []
    if away.until <= away.since:
        wrong.append({"field": "until", "message": "must be later than from: the absence ends before it"})
    elif away.until <= now:
        wrong.append({"field": "until", "message": "must not be over already"})
    if away.substitute == person:
        wrong.append({"field": "substitute", "message": "must be somebody else than the person who is away"})
    return wrong


def over(absent: Iterable[StandIn], now: Millis) -> tuple[str, ...]:
    """Return those whose absence has ended."""
    return tuple(each.person for each in absent if each.until <= now)


def require_room(substitute: str, person: str, absent: Collection[StandIn], now: Millis) -> None:
    """Refuse one more person for whom ``substitute`` stands in, where there are as many as there may be.

    Absences to come count, those that are over and an earlier one of the same person do not.

    Raises:
        SubstituteQuotaExceededError: when there are.
    """
    others = [each for each in absent if each.until > now and each.person != person]
    if len(others) >= STOOD_IN_FOR:
        raise SubstituteQuotaExceededError(substitute, STOOD_IN_FOR)
