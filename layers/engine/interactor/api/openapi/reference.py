"""The reference page: the document as HTML that loads nothing from elsewhere, and also works without its script."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from typing import Any, Final

from interactor.api.openapi.document import SCOPE_MEANINGS, document
from interactor.api.openapi.examples import PLACES, curl, kept, written
from interactor.api.openapi.look import SCRIPT, STYLE
from interactor.api.openapi.operations import OPERATIONS
from interactor.api.operations import API
from interactor.core.jsons import JsonObject

_SCHEMA_REF: Final = "#/components/schemas/"
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
_LOCAL: Final = ("127.0.0.1", "localhost")
_RULING: Final = re.compile(r" \(rulings? [^)]*\)")
_CODE: Final = re.compile(r"``([^`]*)``")
_FEW: Final = 8
_FILTER: Final = (
    '<input id="filter" type="search" placeholder="Filter (press /)" aria-label="Filter operations" hidden>'
)
_MENU: Final = '<input id="menu" type="checkbox"><label class="open" for="menu">Contents</label>'
_START: Final = """
<section id="start"><h2>A first instance</h2>
<p>Paste these into a terminal (bash or zsh, with <code>curl</code>, <code>sed</code> and <code>grep</code>). First a
token. <code>local</code> and <code>local-secret</code> are the client of a local run; elsewhere, use your own.</p>
<pre>{token}</pre>
<p>Create a workflow, and publish its version:</p>
<pre>{create}

{publish}</pre>
<p>Start an instance. It halts where somebody must decide, and shows the form to fill in:</p>
<pre>{start}

{get}

{halt}</pre>
<p>Decide. The decision names the halt it is about. The answer says
<code>"status":"completed"</code> and <code>"current_state":"approved"</code>:</p>
<pre>{resume}</pre>
<h3>Ids for the examples below</h3>
<p>Every example takes <code>$API</code>, <code>$TOKEN</code>, <code>$VERSION_ID</code>, <code>$INSTANCE_ID</code> and
<code>$HALT_ID</code> as they are set above. Some need one of these as well:</p>
<pre>{ids}</pre>
<p>The same description for programs: <a href="openapi.json">openapi.json</a>,
<a href="openapi.yaml">openapi.yaml</a>.</p></section>
"""
_RULES: Final = """
<section id="rules"><h2>What all calls share</h2>
<ul>
<li>Answers stand under <code>data</code>, refusals under <code>error</code> with <code>code</code>,
<code>message</code>, <code>details</code> and <code>request_id</code>; <a href="#errors">all codes</a>.</li>
<li>A body is JSON, and says so: <code>Content-Type: application/json</code>.</li>
<li>Query parameters and members of a body that an endpoint does not have are refused, with the nearest it has.</li>
<li>A token lasts an hour and carries <a href="#scopes">scopes</a> and namespaces. What it may not see answers as if it
did not exist.</li>
<li>Lists take <code>limit</code> and <code>cursor</code>. Go on with <code>pagination.next_cursor</code> while
<code>pagination.has_more</code> is true.</li>
<li>A POST with an <code>Idempotency-Key</code>, sent again within 24 hours, has no second effect and the same
answer.</li>
<li>Answers carry <code>X-RateLimit-Limit</code>, <code>X-RateLimit-Remaining</code> and
<code>X-RateLimit-Reset</code> (Unix seconds); 429 has <code>Retry-After</code> (seconds).</li>
<li><code>X-Request-Id</code> is on every answer, and finds the request in the logs; send your own to have it kept.</li>
<li>Times are UTC in ISO 8601.</li>
</ul></section>
"""


def page(host: str | None) -> str:
    """Return the page, with examples for the host from which it was requested."""
    name = host if host and _HOST.fullmatch(host) else "api.example.com"
    scheme = "http" if name.partition(":")[0] in _LOCAL else "https"
    return _page(f"{scheme}://{name}")


@cache
def _page(root: str) -> str:
    described, operations = document(), list(_operations())
    body = [f"<h1>{escape(described['info']['title'])}</h1><p>{escape(described['info']['description'])}</p>"]
    body += [_start(root), _RULES]
    menu = [
        "<ul>"
        + "".join(
            f'<li><a href="#{name}">{text}</a></li>'
            for name, text in (
                ("start", "A first instance"),
                ("rules", "What all calls share"),
                ("scopes", "Scopes"),
                ("errors", "Error codes"),
            )
        )
        + "</ul>"
    ]
    body += [_scopes(), _codes(operations)]
    aliases = {each.path: each.aliases for each in OPERATIONS}
    for tag in described["tags"]:
        mine = [each for each in operations if each[2]["tags"] == [tag["name"]]]
        name = escape(tag["name"])
        body.append(f'<h2 class="tag" id="{name}">{name}</h2><p>{escape(tag["description"])}</p>')
        body += [_operation(*each, aliases[each[1]]) for each in mine]
        entries = "".join(
            f'<li data-text="{_words(method, path, each)}"><span class="method">{method}</span> '
            f'<a href="#{each["operationId"]}">{escape(each["summary"])}</a></li>'
            for method, path, each in mine
        )
        menu.append(f'<h2><a href="#{name}">{name}</a></h2><ul>{entries}</ul>')
    schemas = described["components"]["schemas"]
    body.append('<h2 class="tag" id="schemas">Models</h2>')
    body += [_schema(name, schema) for name, schema in schemas.items()]
    menu.append(
        '<h2><a href="#schemas">Models</a></h2><ul>'
        + "".join(f'<li data-text="{name.lower()}"><a href="#schema-{name}">{name}</a></li>' for name in schemas)
        + "</ul>"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(described['info']['title'])}</title><style>{STYLE}</style></head>"
        f'<body><nav aria-label="Operations">{_FILTER}{_MENU}<div class="entries">{"".join(menu)}</div></nav>'
        f"<main>{''.join(body)}</main><script>{SCRIPT}</script></body></html>\n"
    )


def _operations() -> Iterator[tuple[str, str, JsonObject]]:
    """Yield every operation once, under its own path. Its other paths are named there."""
    described = document()["paths"]
    for operation in OPERATIONS:
        yield operation.method, operation.path, described[operation.path][operation.method.lower()]


def _start(root: str) -> str:
    shown = {operation["operationId"]: curl(method, path, operation) for method, path, operation in _operations()}
    token = (
        f"curl -sS {root}/oauth/token \\\n"
        "  -d grant_type=client_credentials -d client_id=local -d client_secret=local-secret"
    )
    parts = {
        "token": f"API={root}{API}\n{kept('$TOKEN', token, 'access_token')}",
        "create": kept(PLACES["version_id"], shown["create_workflow"], "version_id"),
        "publish": shown["publish_version"],
        "start": f"INSTANCE_ID=$({shown['create_instance']} \\\n  | grep -o 'inst_[0-9a-z]*' | head -1)",
        "get": shown["get_instance"],
        "halt": f"HALT_ID=$({shown['get_instance']} \\\n  | grep -o 'halt_0[0-9a-z]*' | head -1)",
        "resume": shown["resume_instance"],
        "ids": "\n\n".join(
            (
                f"EVENT_ID=$({shown['get_history']} \\\n  | grep -o 'evt_[0-9a-z]*' | head -1)",
                f"SUBSCRIPTION_ID=$({shown['create_subscription']} \\\n  | grep -o 'whsub_[0-9a-z]*' | head -1)",
                kept(PLACES["delivery_id"], shown["test_subscription"], "delivery_id"),
                f"FILE_ID=$({shown['create_file']} \\\n  | grep -o 'file_[0-9a-z]*' | head -1)",
            )
        ),
    }
    return _START.format(**{name: escape(text) for name, text in parts.items()})


def _scopes() -> str:
    rows = [(f"<code>{escape(name)}</code>", escape(meaning)) for name, meaning in SCOPE_MEANINGS.items()]
    return f'<section id="scopes"><h2>Scopes</h2>{_table(("scope", "what it is good for"), rows)}</section>'


def _codes(operations: Sequence[tuple[str, str, JsonObject]]) -> str:
    """Return every code once, with its meaning and the operations that answer it, if they are few."""
    by_code: dict[str, list[str]] = {}
    for described, (_, _, operation) in zip(OPERATIONS, operations, strict=True):
        for kind in described.errors():
            by_code.setdefault(kind.code, []).append(operation["operationId"])
    kinds = sorted({kind for each in OPERATIONS for kind in each.errors()}, key=lambda kind: (kind.status, kind.code))
    rows = [
        (
            f'<code id="error-{kind.code}">{kind.code}</code>',
            str(kind.status),
            _CODE.sub(r"<code>\1</code>", escape(_RULING.sub("", (kind.__doc__ or "").partition("\n")[0]))),
            "most"
            if len(by_code[kind.code]) > _FEW
            else ", ".join(f'<a href="#{each}">{each}</a>' for each in by_code[kind.code]),
        )
        for kind in kinds
    ]
    return (
        '<section id="errors"><h2>Error codes</h2><p>A script or an HTTP action that goes wrong is no error of the '
        "call that set it off: the instance is <code>failed</code>, with <code>error</code> and "
        f"<code>error_code</code>.</p>{_table(('code', 'HTTP', 'when', 'answered by'), rows)}</section>"
    )


def _words(method: str, path: str, operation: JsonObject) -> str:
    """Return the text that the filter searches."""
    return escape(f"{method} {path} {operation['operationId']} {operation['summary']}".lower())


def _operation(method: str, path: str, operation: JsonObject, aliases: Sequence[str]) -> str:
    parts = [
        f'<section class="operation" id="{operation["operationId"]}" data-text="{_words(method, path, operation)}">'
        f'<h3><a class="self" href="#{operation["operationId"]}">{escape(operation["summary"])}</a></h3>',
        f'<p><span class="method">{method}</span> <code>{escape(path)}</code></p>',
    ]
    others = [f"<code>{escape(each)}</code>" for each in aliases]
    if others:
        parts.append(f'<p class="dim">Also at {" and ".join(others)}.</p>')
    if "description" in operation:
        parts.append(f"<p>{escape(operation['description'])}</p>")
    scopes = [scope for each in operation["security"] for scope in each.get("oauth", [])]
    needs = "Needs a token, with any scopes." if operation["security"] else "Needs no token."
    if scopes:
        needs = f'Needs a token with <a href="#scopes"><code>{escape(scopes[0])}</code></a>.'
    parts.append(f'<p class="dim">{needs}</p>')
    rows = [
        (each["name"], each["in"], _kind(each["schema"]), escape(each.get("description", "")))
        for each in operation["parameters"]
    ]
    parts.append(_table(("parameter", "in", "type", ""), rows))
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        schema = content["application/json"]["schema"]
        parts.append(f"<p>Body: {_kind(schema)} as {escape(' or '.join(content))}</p>")
    parts.append(f"<pre>{escape(curl(method, path, operation))}</pre>")
    answers = [
        (status, _meaning(each["description"]), _answer_kind(each)) for status, each in operation["responses"].items()
    ]
    parts.append(_table(("status", "", "body"), answers))
    parts += [
        f"<pre>{escape(written(content['example']))}</pre>"
        for each in operation["responses"].values()
        for content in each.get("content", {}).values()
        if "example" in content
    ]
    return "".join(parts) + "</section>"


def _meaning(text: str) -> str:
    """Return a status in words. The codes of a refusal link to their meaning."""
    if text.endswith("."):
        return escape(text)
    return ", ".join(f'<a href="#error-{code}"><code>{code}</code></a>' for code in text.split(", "))


def _answer_kind(answer: JsonObject) -> str:
    content = answer.get("content", {})
    if not content:
        return "none"
    if "application/json" not in content:
        return escape(" or ".join(content))
    schema = content["application/json"]["schema"]
    if "allOf" in schema:
        return _kind(schema["allOf"][0])
    under = schema.get("properties", {}).get("data")
    return f"data: {_kind(under)}" if under is not None and "$ref" not in schema else _kind(schema)


def _schema(name: str, schema: JsonObject) -> str:
    parts = [f'<section class="operation" id="schema-{name}" data-text="{name.lower()}"><h3>{name}</h3>']
    if "description" in schema:
        parts.append(f"<p>{escape(schema['description'])}</p>")
    if "properties" in schema:
        required = set(schema.get("required", ()))
        rows = [
            (
                escape(member),
                "required" if member in required else "",
                _kind(each),
                escape(each.get("description", "")) if isinstance(each, dict) else "",
            )
            for member, each in schema["properties"].items()
        ]
        parts.append(_table(("member", "", "type", ""), rows))
    else:
        parts.append(f"<p>{_kind(schema)}</p>")
    return "".join(parts) + "</section>"


def _kind(schema: Any) -> str:
    """Return a schema in a few words, with links to named schemas."""
    if not isinstance(schema, dict) or not schema:
        return "anything"
    if str(schema.get("$ref", "")).startswith(_SCHEMA_REF):
        name = escape(schema["$ref"].removeprefix(_SCHEMA_REF))
        return f'<a href="#schema-{name}">{name}</a>'
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return " or ".join(_kind(each) for each in schema[key])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    kinds = schema.get("type", "anything")
    named = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "items" in schema:
        return f"{named} of {_kind(schema['items'])}"
    if "properties" in schema:
        return f"{named} with {', '.join(escape(name) for name in schema['properties'])}"
    return escape(f"{named} ({schema['format']})" if "format" in schema else named)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    first = "".join(f"<th>{name}</th>" for name in head)
    rest = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table></div>'
