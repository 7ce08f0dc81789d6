"""Answers against the API's own description: every answer of these tests must be one that it promises."""

import json
from functools import cache
from typing import Any

import jsonschema_rs

from interactor.api.openapi.document import document
from interactor.api.response import ALWAYS


@cache
def _validator(route: str, status: int, media: str) -> Any:
    """What holds a body to its schema; None where the description has no schema for it."""
    method, _, path = route.partition(" ")
    operation = document()["paths"][path][method.lower()]
    described = operation["responses"].get(str(status))
    assert described is not None, f"{route} answered {status}, which its description does not promise"
    content = described.get("content", {}).get(media)
    assert content is not None or "content" not in described, f"{route} answered {status} as {media}"
    if content is None:
        return None
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/here"}
    whole = {**schema, "here": content["schema"], "components": document()["components"]}
    return jsonschema_rs.validator_for(whole, validate_formats=True)


def check_described(route: str, status: int, headers: Any, body: str | None) -> None:
    """Hold an answer to the headers that all have, and to the description of its route. Unknown paths have none."""
    assert set(headers) >= set(ALWAYS), f"{route} answered {status} without {set(ALWAYS) - set(headers)}"
    if route == "$default":
        return
    media = headers.get("Content-Type", "application/json").partition(";")[0]
    validator = _validator(route, status, media)
    if body is None:
        assert validator is None, f"{route} answered {status} without the body that is described"
        return
    assert validator is not None or media != "application/json", f"{route} answered {status} with a body"
    if media == "application/json":
        problems = [
            f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(json.loads(body))
        ]
        assert not problems, f"{route} {status}: {problems[:3]}"
