"""The words of mails, by language: ``locales/<language>.json``, which all have the same keys."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

LOCALES: Final = Path(__file__).with_name("locales")
FALLBACK: Final = "en"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that there are."""
    return tuple(sorted(path.stem for path in LOCALES.glob("*.json")))


def language_of(locale: str | None) -> str:
    """Return the language for a person's locale, as in ``de-AT``: its own where there is one, else English."""
    language = (locale or "").replace("_", "-").partition("-")[0].lower()
    return language if language in languages() else FALLBACK


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the words of a language that there is."""
    found: Mapping[str, str] = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    return found
