"""Answers a boto3 client of DynamoDB out of memory, where the network would begin.

The client is boto3's own: it checks arguments against AWS's description, writes the request, and raises its errors.
What the table does is ``dynamo``'s, whose contract is held against an emulator; what DynamoDB refuses of a request's
text alone is refused here.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import MockRawResponse
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from tests.support.memory.dynamo import FakeDynamo
from tests.support.memory.expressions import error

URL = "https://dynamodb.us-east-1.amazonaws.com/"
_PLACEHOLDER = re.compile(r"[#:]\w+")
_WORD = re.compile(r"(?<![#:\w])[A-Za-z_]\w*")
_OWN_WORDS = {"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"}
_RESERVED = frozenset(ReservedKeywords.get_reserved_keywords())
_FUNCTIONS = {"attribute_exists", "attribute_not_exists", "begins_with", "if_not_exists", "list_append"}


@dataclass
class DynamoEndpoint:
    """Tables by name. It is registered at a client's ``before-send.dynamodb``, behind what tests put there first."""

    tables: dict[str, FakeDynamo] = field(default_factory=dict)

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """The answer to a request."""
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        arguments = json.loads(request.body, object_hook=_read)
        try:
            for part in _parts(arguments):
                _check_expressions(part)
            found = getattr(self._table(arguments), xform_name(operation))(**arguments)
        except ClientError as refusal:
            return answer(400, _refused(refusal))
        return answer(200, found)

    def _table(self, arguments: dict[str, Any]) -> FakeDynamo:
        (name,) = {part["TableName"] for part in _parts(arguments) if "TableName" in part} or arguments["RequestItems"]
        if name not in self.tables:
            raise error("ResourceNotFoundException", f"no table {name}")
        return self.tables[name]


def answer(status: int, body: Any) -> AWSResponse:
    """An answer of DynamoDB's, as it comes from the network."""
    text = json.dumps(body, default=lambda raw: base64.b64encode(raw).decode())
    return AWSResponse(URL, status, {}, MockRawResponse(text))


def refused_by_dynamodb(code: str, message: str = "refused") -> AWSResponse:
    """DynamoDB's answer when it refuses a request."""
    return answer(400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message})


def throttled() -> AWSResponse:
    """DynamoDB's answer when it takes no more for now."""
    return refused_by_dynamodb("ThrottlingException", "Rate exceeded")


def _refused(refusal: ClientError) -> dict[str, Any]:
    known: Any = refusal.response
    rest = {name: value for name, value in known.items() if name not in ("Error", "ResponseMetadata")}
    told = {"__type": f"com.amazonaws.dynamodb.v20120810#{known['Error']['Code']}"}
    return {**told, "message": known["Error"]["Message"], "Message": known["Error"]["Message"], **rest}


def _read(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if value.keys() == {"B"} else value


def _parts(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A request, or each write of a transaction: what has expressions of its own."""
    if "TransactItems" not in arguments:
        yield arguments
    for write in arguments.get("TransactItems", []):
        yield from write.values()


def _check_expressions(given: dict[str, Any]) -> None:
    """Hold a request to what DynamoDB asks of its text: nothing unused, nothing undefined, no reserved word bare."""
    text = " ".join(value for name, value in given.items() if name.endswith("Expression"))
    used = set(_PLACEHOLDER.findall(text))
    defined = {*given.get("ExpressionAttributeNames", {}), *given.get("ExpressionAttributeValues", {})}
    if used != defined:
        raise error("ValidationException", f"unused or undefined in an expression: {sorted(used ^ defined)}")
    bare = set(_WORD.findall(text)) - _OWN_WORDS - _FUNCTIONS
    reserved = {word for word in bare if word.upper() in _RESERVED}
    if reserved:
        raise error("ValidationException", f"reserved words in an expression: {sorted(reserved)}")
