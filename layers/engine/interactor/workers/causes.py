"""What the log says of an error: its type and its place. Never its message, which may contain a tenant's values."""

import traceback

from botocore.exceptions import ClientError

from interactor.core.jsons import JsonObject

_FRAMES = 6


def cause(error: BaseException) -> JsonObject:
    """Return fields for the log: the error's type, AWS's code if there is one, its innermost frames, and its cause."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    told: JsonObject = {
        "cause": type(error).__name__,
        "at": [f"{each.filename.rsplit('/', 1)[-1]}:{each.lineno} {each.name}" for each in frames],
    }
    if isinstance(error, ClientError):
        told["aws_code"] = str(error.response.get("Error", {}).get("Code"))
    if error.__cause__ is not None:
        told["because"] = cause(error.__cause__)
    return told
