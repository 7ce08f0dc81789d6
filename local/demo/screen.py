"""The timeline on the console: plain lines of at most 96 columns, colours only where a person looks at a terminal."""

import json
import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from local.demo.plan import JsonObject

WIDTH = 96
_BOX = 66
_INDENT = " " * 24
_FANCY = "─│┌┐└┘→✓✗…"
_PLAIN = dict(zip(_FANCY, ("-", "|", "+", "+", "+", "+", "->", "ok", "x", "..."), strict=True))
_COLOURS = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_WHO = {"webhook": "cyan", "notified": "yellow", "engine": "blue"}


class Screen:
    """Prints from any OS thread, one piece at a time. Times count from ``start_clock``."""

    def __init__(self, out: TextIO, environment: Mapping[str, str] | None = None) -> None:
        env = os.environ if environment is None else environment
        self._out = out
        self._colours = out.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
        self._fancy = _can_write(out, _FANCY)
        self._lock = threading.RLock()
        self._began = time.monotonic()

    def start_clock(self) -> None:
        """Count the times of the timeline from now."""
        self._began = time.monotonic()

    def line(self, text: str = "", colour: str = "") -> None:
        """One line as it is."""
        with self._lock:
            print(self._paint(self._spell(text), colour), file=self._out, flush=True)

    def progress(self, text: str) -> None:
        """The beginning of a line that ``line`` ends."""
        with self._lock:
            print(self._spell(text), end="", file=self._out, flush=True)

    def tell(self, who: str, what: str, *more: str) -> None:
        """One entry of the timeline: when, who, what, and lines below it."""
        moment = f"{time.monotonic() - self._began:6.2f} s"
        with self._lock:
            name = self._paint(f"{who:<10}", _WHO.get(who, "bold"))
            self.line(f"  {self._paint(moment, 'dim')}  {name}  {what}")
            for each in more:
                for row in textwrap.wrap(each, WIDTH - len(_INDENT)):
                    self.line(_INDENT + row, "dim")

    def form(self, presentation: JsonObject) -> None:
        """A form as a person would see it."""
        title = f"─ {presentation.get('title', '')} "
        rows = [*textwrap.wrap(str(presentation.get("description", "")), _BOX - 4), ""]
        rows += [_field(each) for each in presentation.get("fields", ())]
        with self._lock:
            self.line(f"{_INDENT}┌{title:─<{_BOX - 2}}┐")
            for row in rows:
                self.line(f"{_INDENT}│ {row:<{_BOX - 4}} │")
            self.line(f"{_INDENT}└{'─' * (_BOX - 2)}┘")

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows of the same length, their columns as wide as they need to be."""
        table = list(rows)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        with self._lock:
            for row in table:
                cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
                self.line(("  " + "  ".join(cells)).rstrip()[:WIDTH])

    def _paint(self, text: str, colour: str) -> str:
        return f"\033[{_COLOURS[colour]}m{text}\033[0m" if self._colours and colour else text

    def _spell(self, text: str) -> str:
        return text if self._fancy else "".join(_PLAIN.get(each, each) for each in text)


def answers(values: JsonObject) -> str:
    """What a person filled in, in one line."""
    return ", ".join(f"{name}: {_spelt(value)}" for name, value in values.items())


def compact(value: Any) -> str:
    """JSON in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def _field(field: JsonObject) -> str:
    mark = " *" if field.get("required") else ""
    if field["type"] == "boolean":
        return f"[{'x' if field.get('default') is True else ' '}] {field['label']}{mark}"
    return f"{field['label'] + mark + ':':<16}{'_' * (36 if field.get('multiline') else 18)}"


def _spelt(value: Any) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else f'"{value}"'


def _can_write(out: TextIO, text: str) -> bool:
    try:
        text.encode(out.encoding or sys.getdefaultencoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True
