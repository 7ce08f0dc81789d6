"""Checks of script and HTTP logic, and of the place of an HTTP result (spec section Workflow Logic, rulings 7, 9,
13).
"""

import re
from collections.abc import Callable
from typing import Protocol, TypeAlias

from interactor.core import templates, urls
from interactor.core.paths import split
from interactor.definitions.rules import limits
from interactor.definitions.rules.report import quoted
from interactor.definitions.rules.shape import Node, check_templates, check_unfilled, is_number

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CONNECTION_HEADERS = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+[/?#]")
_ROOTS = ("workflow_data", "input", "context")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class ScriptProblem(Protocol):
    """Why a script does not parse: the engine's message, and the line in the author's text if it is known."""

    @property
    def message(self) -> str: ...

    @property
    def line(self) -> int | None: ...


ScriptChecker: TypeAlias = Callable[[str], ScriptProblem | None]
"""Parses a script without running it."""


def check_logic(node: Node, check_script: ScriptChecker) -> None:
    """Report what is wrong with a ``logic`` or ``on_enter``."""
    label = f"{node.place.step}.type"
    kind = node.one_of("type", ("script", "http"), required=True, label=label)
    if kind == "script":
        _check_code(node, check_script)
    elif kind == "http":
        _check_http(node)


def check_output(state: Node) -> None:
    """Report what is wrong with the ``output`` of a state (ruling 7)."""
    value = state.raw("output")
    if isinstance(value, str):
        _check_place(state, "output", value)
        return
    if not isinstance(value, dict):
        state.error("output", f"output must be a path or an object, not {quoted(value)}")
        return
    node = Node(state.report, state.place / "output", value)
    path = node.text("path")
    if path is not None:
        _check_place(node, "path", path)
    node.one_of("mode", ("replace", "merge"))
    extract = node.node("extract")
    if extract is None:
        return
    if len(extract.value) > limits.EXTRACTS:
        node.error("extract", f"extract has {len(extract.value)} entries; at most {limits.EXTRACTS} are allowed")
    for name in extract.value:
        if not name:
            extract.error(name, "a name in extract must not be empty")
        source = extract.text(name)
        if source is not None:
            _check_path(extract, name, source)


def _check_place(node: Node, key: str, path: str) -> None:
    _check_path(node, key, path)
    first, *rest = split(path)
    if first in _ROOTS and rest:
        node.report.warn(
            node.place / key,
            f"The result is stored in workflow_data already, so at 'workflow_data.{path}': leave out '{first}.', "
            f"or conditions and templates on '{path}' look elsewhere",
        )


def _check_path(node: Node, key: str, path: str) -> None:
    check_unfilled(node.report, node.place / key, path)
    if "" in split(path) or len(path) > limits.PATH_CHARACTERS:
        node.error(
            key,
            f"{key} must be a path such as order.total: names joined by single dots, "
            f"{limits.PATH_CHARACTERS} characters at most",
        )


def _check_code(node: Node, check_script: ScriptChecker) -> None:
    code = node.text("code", required=True)
    if code is None:
        return
    # Text that UTF-8 cannot encode is refused when a document is read. Here it only must not raise.
    size = len(code.encode("utf-8", "surrogatepass"))
    if size > limits.SCRIPT_BYTES:
        node.error("code", f"The script has {size} bytes; at most {limits.SCRIPT_BYTES} are allowed (64 KB)")
        return
    problem = check_script(code)
    if problem is not None:
        line = f" at line {problem.line}" if problem.line is not None else ""
        # A checker may name the line in its own sentence.
        node.error("code", problem.message if line in problem.message else problem.message + line)


def _check_http(node: Node) -> None:
    node.one_of("method", METHODS, required=True)
    url = node.text("url", required=True)
    if url is not None:
        _check_url(node, url)
    _check_headers(node)
    check_templates(node.report, node.place / "body", node.raw("body"), secrets=True)
    node.integer("timeout", *limits.HTTP_TIMEOUT_MS)
    retry = node.node("retry")
    if retry is not None:
        retry.integer("attempts", *limits.HTTP_ATTEMPTS)
        retry.one_of("backoff", ("linear", "exponential"))


def _check_url(node: Node, url: str) -> None:
    """Check a constant URL as it is, and a template with a letter in place of each value (ruling 3)."""
    try:
        template = templates.parse(url)
    except templates.TemplateError as error:
        node.error("url", str(error))
        return
    if template.placeholders:
        first = template.parts[0]
        constant = first if isinstance(first, str) else ""
        if _SCHEME.match(constant) is None:
            node.error(
                "url", "The URL must begin with https:// or http:// and a host that are written out, not filled in"
            )
            return
        if _ORIGIN.match(constant) is None:
            node.error(
                "url", "The URL's host must be written out, and followed by '/', '?' or '#' before any placeholder"
            )
            return
    try:
        urls.parse("".join(part if isinstance(part, str) else "x" for part in template.parts), allow_loopback=True)
    except urls.UrlError as error:
        # Whether a place is public depends on where the workflow runs, so that is checked at the call.
        if not error.refused:
            node.error("url", str(error))


def _check_headers(node: Node) -> None:
    headers = node.node("headers")
    if headers is None:
        return
    seen: set[str] = set()
    for name, value in headers.value.items():
        if _HEADER_NAME.fullmatch(name) is None:
            headers.error(name, "A header's name is letters, digits and - _ . only, 128 characters at most")
        elif name.lower() in _CONNECTION_HEADERS:
            headers.error(name, f"The header {name} is set by the connection itself; leave it out")
        elif name.lower() in seen:
            headers.error(name, f"The header {name} appears twice; header names do not differ by case")
        seen.add(name.lower())
        if isinstance(value, str):
            if _CONTROL.search(value):
                headers.error(name, "A header's value must not contain line breaks or other control characters")
            check_templates(node.report, headers.place / name, value, secrets=True)
        elif not is_number(value) and not isinstance(value, bool):
            headers.error(name, f"A header's value must be a string, a number or a boolean, not {quoted(value)}")
