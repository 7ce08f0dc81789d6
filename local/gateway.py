"""API Gateway's side of an HTTP API: which route a request takes, its payload-2.0 event, and what an answer means."""

import base64
import binascii
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.template import Route

BODY_LIMIT = 10 * 1024 * 1024
_TEXT_TYPES = ("application/json", "application/javascript", "application/xml")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it came: ``target`` is path and query as sent, header names are lower-case."""

    method: str
    target: str
    protocol: str
    headers: Mapping[str, str]
    source_ip: str
    body: bytes
    received_ms: int


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the percent-decoded values of its path variables."""

    route: Route
    variables: Mapping[str, str]


class Router:
    """Picks routes as API Gateway does: full matches, most specific first, then greedy ones, then ``$default``."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(
            ((route, route.path.strip("/").split("/")) for route in routes if route.path != "$default"),
            key=lambda pair: _precedence(*pair),
        )
        self._default = next((route for route in routes if route.path == "$default"), None)

    def match(self, method: str, path: str) -> Match | None:
        """The route for a method and a raw path. A path that only exists with another method takes ``$default``."""
        segments = path.removeprefix("/").split("/")
        for route, parts in self._routes:
            if route.method in (method, "ANY"):
                variables = _variables(parts, segments)
                if variables is not None:
                    return Match(route, variables)
        return None if self._default is None else Match(self._default, {})


def event(request: Request, match: Match) -> dict[str, Any]:
    """The payload-2.0 event for a request on its route; what is empty is absent, as API Gateway leaves it out."""
    path, _, query = request.target.partition("?")
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    moment = datetime.fromtimestamp(request.received_ms / 1000, UTC)
    domain = headers.get("host", "localhost")
    built: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": match.route.key,
            "stage": "$default",
            "time": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": request.received_ms,
        },
        "isBase64Encoded": False,
    }
    if "cookie" in request.headers:
        built["cookies"] = [part.strip() for part in request.headers["cookie"].split(";") if part.strip()]
    if query:
        built["queryStringParameters"] = _query(query)
    if match.variables:
        built["pathParameters"] = dict(match.variables)
    if request.body:
        built["body"], built["isBase64Encoded"] = _body(request.body, headers.get("content-type", ""))
    return built


def response(answer: Any) -> Response:
    """What API Gateway makes of a handler's answer; one it could not use is a 500."""
    if not isinstance(answer, Mapping) or "statusCode" not in answer:
        return Response(200, (("content-type", "application/json"),), json.dumps(answer).encode())
    try:
        status = int(answer["statusCode"])
        body = answer.get("body")
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        raw = base64.b64decode(text, validate=True) if answer.get("isBase64Encoded") else text.encode()
        given = answer.get("headers") or {}
        headers = [(str(name).lower(), _header(value)) for name, value in given.items()]
        headers += [("set-cookie", str(cookie)) for cookie in answer.get("cookies") or []]
    except (TypeError, ValueError, AttributeError, binascii.Error):
        return message(500, "Internal Server Error")
    if not 100 <= status <= 599 or any("\n" in value or "\r" in value for _, value in headers):
        return message(500, "Internal Server Error")
    if raw and all(name != "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Response(status, tuple(headers), raw)


def message(status: int, text: str) -> Response:
    """API Gateway's own answers: ``{"message": ...}``."""
    return Response(status, (("content-type", "application/json"),), json.dumps({"message": text}).encode())


def _precedence(route: Route, parts: list[str]) -> tuple[Any, ...]:
    kinds = tuple(2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in parts)
    return (2 in kinds, -len(parts) if 2 in kinds else 0, kinds, route.method == "ANY")


def _variables(parts: list[str], segments: list[str]) -> dict[str, str] | None:
    greedy = bool(parts) and parts[-1].endswith("+}")
    if len(segments) < len(parts) if greedy else len(segments) != len(parts):
        return None
    found = {}
    for index, part in enumerate(parts):
        if part.endswith("+}"):
            found[part[1:-2]] = unquote("/".join(segments[index:]))
        elif part.startswith("{"):
            if not segments[index]:
                return None
            found[part[1:-1]] = unquote(segments[index])
        elif part != unquote(segments[index]):
            return None
    return found


def _query(query: str) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Text for the types API Gateway holds to be text, base64 for all others (posted forms among them)."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind or kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+json", "+xml")):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _header(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    text.encode("latin-1")
    return text
