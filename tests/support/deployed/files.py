"""What a person's browser does with a file: announces it, sends it to the bucket, follows its link."""

from typing import Any

import requests

from tests.support.deployed.deployment import Answer, Deployment

PDF = "application/pdf"
CONTENT = b"%PDF-1.7 a contract"
FIELDS = [
    {"name": "contract", "type": "file", "label": "Contract", "accept": "application/pdf, .txt", "maxSize": 1000},
    {"name": "photo", "type": "file", "label": "Photo", "accept": "image/*", "multiple": False},
    {"name": "note", "type": "string", "label": "Note", "maxLength": 5},
]


def form(*fields: Any, **more: Any) -> dict[str, Any]:
    """A halting state with a form."""
    presentation = {"type": "form", "title": "Files", "fields": list(fields or FIELDS)}
    return {"type": "halting", "presentation": presentation, "transitions": [{"target": "done"}]} | more


def announce(api: Deployment, instance_id: str, token: str | None = None, **body: Any) -> Answer:
    """Announce a file: a small contract, unless ``body`` says otherwise."""
    key = body.pop("key", None)
    good = {"field": "contract", "name": "contract.pdf", "content_type": PDF, "size": len(CONTENT)}
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.call("POST", f"/workflows/instances/{instance_id}/files", good | body, token, headers)


def send(upload: Any, content: bytes = CONTENT, **fields: str) -> int:
    """Send contents as the answer says; ``fields`` over those of the answer. The status that S3 gives."""
    answer = requests.post(upload["url"], data=upload["fields"] | fields, files={"file": ("x", content)}, timeout=10)
    return answer.status_code


def uploaded(api: Deployment, instance_id: str, content: bytes = CONTENT, **body: Any) -> str:
    """The id of a file that was announced and sent."""
    upload = announce(api, instance_id, size=len(content), **body).data
    assert send(upload, content) == 204
    file_id: str = upload["id"]
    return file_id


def shown(api: Deployment, instance_id: str, file_id: str, token: str | None = None) -> Answer:
    """The answer to a request for a file."""
    return api.call("GET", f"/workflows/instances/{instance_id}/files/{file_id}", token=token)
