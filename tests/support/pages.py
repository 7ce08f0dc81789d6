"""The pages under docs/ and what their tables and examples say."""

import json
import re
from typing import Any

from tests.support.template import ROOT

DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """What stands under a heading of the second level, up to the next one."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def rows(page: str) -> list[list[str]]:
    """The cells of every table row, without the rows of headings and the rules below them."""
    lines = page.splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if line.startswith("|") and not line.startswith("|--") and not following.startswith("|--")
    ]


def code(cell: str) -> str:
    """What stands between backquotes."""
    return cell.strip("`")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [body for name, body in _FENCE.findall(page) if name == language]


def documents(page: str) -> list[Any]:
    """The JSON blocks of a page."""
    return [json.loads(block) for block in blocks(page, "json")]
