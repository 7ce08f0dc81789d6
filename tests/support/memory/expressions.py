"""DynamoDB's condition and update expressions, as far as the engine writes them."""

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]

_TOKENS = re.compile(r"\s*(<=|>=|<>|[(),=<>]|[#:]?\w+)")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}


class UnsupportedError(AssertionError):
    """The engine asks for something that this fake does not know: teach it."""


def plain(value: Item) -> Any:
    """An attribute's value, for comparing."""
    ((kind, held),) = value.items()
    return int(held) if kind == "N" else held


class Expression:
    """One expression with the item it is about, and the names and values it is written with."""

    def __init__(self, text: str, item: Item, given: Item) -> None:
        self._text = text
        self._left = _TOKENS.findall(text)
        if "".join(self._left) != re.sub(r"\s", "", text):
            raise UnsupportedError(text)
        self._item = item
        self._names = given.get("ExpressionAttributeNames", {})
        self._values = given.get("ExpressionAttributeValues", {})

    def holds(self) -> bool:
        """Whether a condition holds."""
        found = self._either()
        self._expect_end()
        return found

    def updated(self) -> Item:
        """The item after an update."""
        after = dict(self._item)
        while self._left:
            verb = self._next()
            while True:
                name = self._name(self._next())
                if verb == "SET":
                    self._expect("=")
                    after[name] = self._value()
                elif verb == "ADD":
                    after[name] = {"N": str(plain(self._item.get(name, {"N": "0"})) + plain(self._value()))}
                elif verb == "REMOVE":
                    after.pop(name, None)
                else:
                    raise UnsupportedError(self._text)
                if self._peek() != ",":
                    break
                self._next()
        return after

    def _either(self) -> bool:
        found = self._both()
        while self._peek() == "OR":
            self._next()
            other = self._both()
            found = found or other
        return found

    def _both(self) -> bool:
        found = self._clause()
        while self._peek() == "AND":
            self._next()
            other = self._clause()
            found = found and other
        return found

    def _clause(self) -> bool:
        token = self._next()
        if token == "(":
            found = self._either()
            self._expect(")")
            return found
        if token in ("attribute_exists", "attribute_not_exists"):
            self._expect("(")
            name = self._name(self._next())
            self._expect(")")
            return (name in self._item) is (token == "attribute_exists")
        name, operator, value = self._name(token), self._next(), self._value()
        if operator not in _OPERATORS:
            raise UnsupportedError(self._text)
        return name in self._item and _OPERATORS[operator](plain(self._item[name]), plain(value))

    def _value(self) -> Any:
        token = self._next()
        if token.startswith(":"):
            return self._values[token]
        if token in ("if_not_exists", "list_append"):
            self._expect("(")
            listed = token == "list_append"
            first: Any = self._value() if listed else self._item.get(self._name(self._next()))
            self._expect(",")
            second = self._value()
            self._expect(")")
            if listed:
                return {"L": [*first["L"], *second["L"]]}
            return second if first is None else first
        if self._name(token) in self._item:
            return self._item[self._name(token)]
        raise UnsupportedError(f"{token} in {self._text}")

    def _name(self, token: str) -> str:
        named: str = self._names[token] if token.startswith("#") else token
        return named

    def _peek(self) -> str | None:
        return self._left[0] if self._left else None

    def _next(self) -> str:
        if not self._left:
            raise UnsupportedError(self._text)
        found: str = self._left.pop(0)
        return found

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise UnsupportedError(self._text)

    def _expect_end(self) -> None:
        if self._left:
            raise UnsupportedError(self._text)


def error(code: str, message: str, **more: Any) -> ClientError:
    """An error as boto3 raises it."""
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}
    return ClientError(answer, "operation")
