"""The reference page: the document as HTML that needs nothing else, neither scripts nor styles from elsewhere."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from typing import Any, Final

from interactor.api.openapi.document import document
from interactor.core.jsons import Json, JsonObject

_SCHEMA_REF: Final = "#/components/schemas/"
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
_LOCAL: Final = ("127.0.0.1", "localhost")
_STYLE: Final = """
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#f3f5f7;--line:#d5dae0;--dim:#59636e;--link:#0a58ca}
@media(prefers-color-scheme:dark){:root{--fg:#e6e9ed;--bg:#14171a;--soft:#1e2226;--line:#363c43;--dim:#9aa4af;
--link:#7db3ff}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
a{color:var(--link)}
nav{position:fixed;inset:0 auto 0 0;width:19rem;overflow:auto;padding:1rem;background:var(--soft);font-size:.875rem;
border-right:1px solid var(--line)}
nav ul{list-style:none;margin:0 0 .75rem;padding:0}nav a{text-decoration:none}nav li{padding:.1rem 0}
nav h2{font-size:.875rem;margin:.75rem 0 .25rem}
main{margin-left:19rem;padding:1rem 2rem 4rem;max-width:62rem}
section.operation{border-top:1px solid var(--line);padding-top:.5rem;margin-top:2rem}
h2.tag{margin-top:3rem}
h3 code{font-size:1rem;word-break:break-all}
.method{font:700 .75rem ui-monospace,monospace;padding:.1rem .35rem;border:1px solid var(--line);border-radius:.25rem}
pre{background:var(--soft);padding:.75rem;overflow:auto;border-radius:.25rem;font-size:.8125rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;margin:.5rem 0 1rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
.dim{color:var(--dim)}
@media(max-width:52rem){nav{position:static;width:auto;border:0}main{margin:0;padding:1rem}}
"""
_START: Final = """
<section id="start"><h2>A first instance</h2>
<p>Get a token. <code>local</code> and <code>local-secret</code> are the client of a local run; elsewhere, use your
own.</p>
<pre>API={api}
TOKEN=$(curl -s {root}/oauth/token \\
  -d grant_type=client_credentials -d client_id=local -d client_secret=local-secret \\
  | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')</pre>
<p>Create a workflow, publish its version, start an instance, and decide:</p>
<pre>VERSION_ID=$({create} | sed 's/.*"version_id":"\\([^"]*\\)".*/\\1/')

curl -X POST "$API/workflows/approval_workflow/versions/$VERSION_ID/publish" -H "Authorization: Bearer $TOKEN"

INSTANCE_ID=$({start} | sed 's/.*"data":{{"id":"\\([^"]*\\)".*/\\1/')

{resume}</pre>
<p>Every path below takes <code>$API</code> and <code>$TOKEN</code> as set here. The same description for programs:
<a href="openapi.json">openapi.json</a>, <a href="openapi.yaml">openapi.yaml</a>.</p></section>
"""


def page(host: str | None) -> str:
    """The page, its examples for the host by which it was asked for."""
    name = host if host and _HOST.fullmatch(host) else "api.example.com"
    scheme = "http" if name.partition(":")[0] in _LOCAL else "https"
    return _page(f"{scheme}://{name}")


@cache
def _page(root: str) -> str:
    described, operations = document(), list(_operations())
    body = [f"<h1>{escape(described['info']['title'])}</h1><p>{escape(described['info']['description'])}</p>"]
    body.append(_start(root))
    menu = ['<ul><li><a href="#start">A first instance</a></li></ul>']
    for tag in described["tags"]:
        mine = [each for each in operations if each[2]["tags"] == [tag["name"]]]
        name = escape(tag["name"])
        body.append(f'<h2 class="tag" id="{name}">{name}</h2><p>{escape(tag["description"])}</p>')
        body += [_operation(*each) for each in mine]
        entries = "".join(
            f'<li><a href="#{each["operationId"]}">{escape(each["summary"])}</a></li>' for _, _, each in mine
        )
        menu.append(f'<h2><a href="#{name}">{name}</a></h2><ul>{entries}</ul>')
    schemas = described["components"]["schemas"]
    body.append('<h2 class="tag" id="schemas">Models</h2>')
    body += [_schema(name, schema) for name, schema in schemas.items()]
    menu.append(
        '<h2><a href="#schemas">Models</a></h2><ul>'
        + "".join(f'<li><a href="#schema-{name}">{name}</a></li>' for name in schemas)
        + "</ul>"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(described['info']['title'])}</title><style>{_STYLE}</style></head>"
        f'<body><nav aria-label="Operations">{"".join(menu)}</nav><main>{"".join(body)}</main></body></html>\n'
    )


def _operations() -> Iterator[tuple[str, str, JsonObject]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _start(root: str) -> str:
    shown = {operation["operationId"]: (method, path, operation) for method, path, operation in _operations()}
    create, start, resume = (_curl(*shown[name]) for name in ("create_workflow", "create_instance", "resume_instance"))
    start = start.replace("{name}", "approval_workflow")
    resume = resume.replace("{instance_id}", "$INSTANCE_ID")
    parts = {"create": create, "start": start, "resume": resume}
    return _START.format(api=f"{root}/api/v1", root=root, **{name: escape(text) for name, text in parts.items()})


def _operation(method: str, path: str, operation: JsonObject) -> str:
    parts = [
        f'<section class="operation" id="{operation["operationId"]}"><h3>{escape(operation["summary"])}</h3>',
        f'<p><span class="method">{method}</span> <code>{escape(path)}</code></p>',
    ]
    if "description" in operation:
        parts.append(f"<p>{escape(operation['description'])}</p>")
    scopes = [scope for each in operation["security"] for scope in each.get("oauth", [])]
    needs = f"Needs a token with <code>{escape(scopes[0])}</code>." if scopes else "Needs no token."
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
    parts.append(f"<pre>{escape(_curl(method, path, operation))}</pre>")
    answers = [
        (status, escape(each["description"]), _answer_kind(each)) for status, each in operation["responses"].items()
    ]
    parts.append(_table(("status", "", "body"), answers))
    parts += [
        f"<pre>{escape(_json(content['example']))}</pre>"
        for each in operation["responses"].values()
        for content in each.get("content", {}).values()
        if "example" in content
    ]
    return "".join(parts) + "</section>"


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
    parts = [f'<section class="operation" id="schema-{name}"><h3>{name}</h3>']
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
    """A schema in a few words, with links to those that have names."""
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
    return f"<table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table>"


def _curl(method: str, path: str, operation: JsonObject) -> str:
    under = path.removeprefix("/api/v1")
    url = f"$API{under}" if under != path else f"${{API%/api/v1}}{path}"
    lines = [f'curl{"" if method == "GET" else f" -X {method}"} "{url}"']
    if operation["security"]:
        lines.append('  -H "Authorization: Bearer $TOKEN"')
    example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if example is not None:
        lines.append('  -H "Content-Type: application/json"')
        lines.append(f"  -d '{_json(example)}'")
    return " \\\n".join(lines)


def _json(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("'", "\\u0027")
