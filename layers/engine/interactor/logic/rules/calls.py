"""From a state's logic to the call: the variables of a script, or a filled request."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from interactor.core import jsons
from interactor.core.jsons import Json, JsonObject
from interactor.core.logic import Call, Failed, HttpCall, ScriptCall
from interactor.core.paths import Scope
from interactor.core.templates import TemplateError, parse, render, render_header, render_text, render_url, secret_names
from interactor.definitions.rules.model import HttpLogic, Logic, ScriptLogic

_SCRIPT_SECRET = re.compile(r"""\bsecrets\s*(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)|\bsecrets\s*\[\s*["']([\w.-]+)["']\s*\]""")


def mentioned_secrets(logic: Logic) -> set[str]:
    """Return the names of the secrets that a piece of logic mentions. It gets only those (ruling 31)."""
    if isinstance(logic, ScriptLogic):
        return {match[1] or match[2] for match in _SCRIPT_SECRET.finditer(logic.code)}
    return secret_names([logic.url, logic.headers, logic.body])


def used_secrets(logic: Logic) -> set[str]:
    """As ``mentioned_secrets``, for any logic. Logic that does not parse uses none, because no call comes of it."""
    try:
        return mentioned_secrets(logic)
    except TemplateError:
        return set()


def written(logic: Logic) -> str:
    """Return the text of a piece of logic, to find out whether it mentions a name."""
    return logic.code if isinstance(logic, ScriptLogic) else jsons.dumps([logic.url, logic.headers, logic.body])


def prepare(logic: Logic, scope: Scope, secrets: Mapping[str, str]) -> Call | Failed:
    """Return the call that a piece of logic asks for, or why there is none.

    ``secrets`` are all secrets of the account. If the logic mentions one that is not set, it fails with the name.
    """
    code = "script_error" if isinstance(logic, ScriptLogic) else "http_error"
    try:
        missing = sorted(mentioned_secrets(logic) - set(secrets))
        if missing:
            return Failed(code, f"The secret '{missing[0]}' is not set")
        if isinstance(logic, ScriptLogic):
            return _script(logic, scope, secrets)
        return _request(logic, scope, secrets)
    except TemplateError as error:
        return Failed(code, str(error))


def _script(logic: ScriptLogic, scope: Scope, secrets: Mapping[str, str]) -> ScriptCall:
    variables: JsonObject = {"input": scope.input, "workflow_data": scope.workflow_data, "context": scope.context}
    variables["secrets"] = {name: secrets[name] for name in mentioned_secrets(logic)}
    return ScriptCall(logic.code, variables)


def _request(logic: HttpLogic, scope: Scope, secrets: Mapping[str, str]) -> HttpCall:
    seen = Scope(scope.workflow_data, scope.input, scope.context, secrets)
    headers = {name: render_header(value, seen) for name, value in logic.headers.items()}
    body: bytes | None = None
    if logic.has_body:
        content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
        # A body that is one placeholder is the value, with its type (ruling 9). Only a text is sent without a content
        # type.
        typed = not isinstance(logic.body, str) or parse(logic.body).sole is not None
        filled = render(logic.body, seen) if typed else render_text(logic.body, seen)
        if isinstance(filled, str):
            body = filled.encode("utf-8")
        elif content_type is not None and content_type.lower().startswith("application/x-www-form-urlencoded"):
            body = _form(filled)
        else:
            body = jsons.encode(filled)
            if content_type is None:
                headers["Content-Type"] = "application/json"
    return HttpCall(logic.method, render_url(logic.url, seen), headers, body, logic.timeout_ms)


def _form(value: Json) -> bytes:
    if not isinstance(value, dict):
        raise TemplateError("A body sent as a form must be an object")
    pairs = {
        name: each if isinstance(each, str) else jsons.text(each) for name, each in value.items() if each is not None
    }
    return urlencode(pairs).encode("ascii")
