"""Reads one property of a node: its value if it has the right shape, else None and a problem.

An absent optional property is None without a problem. Nothing here raises, whatever the document contains.
"""

from collections.abc import Collection, Iterator

from interactor.core import templates
from interactor.core.jsons import Json, JsonObject
from interactor.definitions.rules.report import Place, Report, quoted


class Node:
    """An object of the document, with its place and the report for its problems."""

    def __init__(self, report: Report, place: Place, value: JsonObject) -> None:
        self.report = report
        self.place = place
        self.value = value

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def error(self, key: str, message: str) -> None:
        """Report a problem of the property ``key``, also if it is missing."""
        self.report.error(self.place / key, message)

    def raw(self, key: str) -> Json:
        """Return the property as it is."""
        return self.value.get(key)

    def need(self, key: str, why: str = "") -> bool:
        """Whether the property exists. If not, that is reported."""
        if key not in self.value:
            self.error(key, f"{key} is required{why}")
        return key in self.value

    def text(self, key: str, *, required: bool = False, least: int = 0, most: int | None = None) -> str | None:
        """Return a string of ``least`` to ``most`` characters."""
        value = self._given(key, required)
        if value is None:
            return None
        if not isinstance(value[0], str):
            self.error(key, f"{key} must be a string, not {quoted(value[0])}")
            return None
        if len(value[0]) < least:
            self.error(key, f"{key} must not be empty")
            return None
        if most is not None and len(value[0]) > most:
            self.error(key, f"{key} has {len(value[0])} characters; at most {most} are allowed")
            return None
        return value[0]

    def one_of(self, key: str, allowed: Collection[str], *, required: bool = False, label: str = "") -> str | None:
        """Return one of the allowed words."""
        value = self._given(key, required)
        if value is None:
            return None
        # A list or an object cannot be looked up in a set.
        if not isinstance(value[0], str) or value[0] not in allowed:
            words = [f"'{word}'" for word in allowed]
            choice = " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
            self.error(key, f"{label or key} must be {choice}, not {quoted(value[0])}")
            return None
        return value[0]

    def integer(self, key: str, least: int | None = None, most: int | None = None) -> int | None:
        """Return a whole number (``3.0`` is one)."""
        value = self._given(key, required=False)
        if value is None:
            return None
        if not is_integer(value[0]):
            self.error(key, f"{key} must be a whole number, not {quoted(value[0])}")
            return None
        number = int(value[0])
        if (least is not None and number < least) or (most is not None and number > most):
            limits = f"between {least} and {most}" if most is not None else f"{least} or more"
            self.error(key, f"{key} must be {limits}, not {quoted(value[0])}")
            return None
        return number

    def number(self, key: str) -> float | int | None:
        """Return any number."""
        value = self._given(key, required=False)
        if value is None:
            return None
        if not is_number(value[0]):
            self.error(key, f"{key} must be a number, not {quoted(value[0])}")
            return None
        number: float | int = value[0]
        return number

    def boolean(self, key: str) -> bool | None:
        """Return true or false."""
        value = self._given(key, required=False)
        if value is None:
            return None
        if not isinstance(value[0], bool):
            self.error(key, f"{key} must be true or false, not {quoted(value[0])}")
            return None
        return value[0]

    def node(self, key: str, *, required: bool = False) -> "Node | None":
        """Return an object."""
        value = self._given(key, required)
        if value is None:
            return None
        if not isinstance(value[0], dict):
            self.error(key, f"{key} must be an object, not {quoted(value[0])}")
            return None
        return Node(self.report, self.place / key, value[0])

    def items(self, key: str, *, required: bool = False, least: int = 0, most: int | None = None) -> list[Json] | None:
        """Return a list. One with the wrong length is reported but returned, so that its items are checked too."""
        value = self._given(key, required)
        if value is None:
            return None
        if not isinstance(value[0], list):
            self.error(key, f"{key} must be a list, not {quoted(value[0])}")
            return None
        count = len(value[0])
        if count < least:
            self.error(key, f"{key} has {count} {'entry' if count == 1 else 'entries'}; at least {least} needed")
        if most is not None and count > most:
            self.error(key, f"{key} has {count} entries; at most {most} are allowed")
        return value[0]

    def texts(self, key: str, most: int) -> list[str] | None:
        """Return a list of strings that are not empty."""
        items = self.items(key, most=most)
        for number, item in enumerate(items or []):
            if not isinstance(item, str) or not item:
                place = self.place / key / number
                self.report.error(place, f"every entry of {key} must be a string that is not empty")
        return items

    def _given(self, key: str, required: bool) -> tuple[Json] | None:
        # In a tuple, because null is also a value, and a wrong one.
        if key in self.value:
            return (self.value[key],)
        if required:
            self.error(key, f"{key} is required")
        return None


def nodes(report: Report, place: Place, items: list[Json], noun: str) -> Iterator[Node]:
    """Yield the objects of a list, and report anything else in it. ``noun`` has its article: ``a transition``."""
    for number, item in enumerate(items):
        if isinstance(item, dict):
            yield Node(report, place / number, item)
        else:
            report.error(place / number, f"{noun} must be an object, not {quoted(item)}".capitalize())


def is_number(value: Json) -> bool:
    """Whether a JSON value is a number. Booleans, which are numbers in Python, are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value: Json) -> bool:
    """Whether a JSON value is a whole number, however it is written (JSON Schema 2020-12, 4.2.3)."""
    return is_number(value) and (isinstance(value, int) or value.is_integer())


def is_templated(value: Json) -> bool:
    """Whether a value is a text that is filled later, so that it cannot be checked now."""
    return isinstance(value, str) and "${" in value


def check_unfilled(report: Report, place: Place, path: str) -> None:
    """Report a placeholder in a path: it would be taken for a name that no data has, and so for null."""
    if is_templated(path):
        report.error(
            place,
            f"{quoted(path)} is a path, and placeholders in it are not filled: write a path such as order.total",
        )


def texts(value: Json) -> Iterator[str]:
    """Yield every text in a JSON value, but not the keys."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, (dict, list)):
            stack.extend(item.values() if isinstance(item, dict) else item)


def check_templates(report: Report, place: Place, value: Json, *, secrets: bool) -> None:
    """Report every text in ``value`` that does not parse as a template.

    ``secrets`` says whether it may name any (ruling 9).
    """
    stack: list[tuple[Place, Json]] = [(place, value)]
    while stack:
        here, item = stack.pop()
        if isinstance(item, str):
            if "${" in item:
                _check_template(report, here, item, secrets)
        elif isinstance(item, dict):
            stack.extend((here / key, child) for key, child in reversed(item.items()))
        elif isinstance(item, list):
            stack.extend((here / number, item[number]) for number in reversed(range(len(item))))


def _check_template(report: Report, place: Place, text: str, secrets: bool) -> None:
    try:
        template = templates.parse(text)
    except templates.TemplateError as error:
        report.error(place, str(error))
        return
    if not secrets and any(path[0] == "secrets" and len(path) > 1 for path in template.placeholders):
        report.error(place, "secrets can be used in HTTP logic only: its url, headers and body")
