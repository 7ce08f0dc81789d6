"""Bodies of token requests: JSON, or the form that plain OAuth clients send (ruling 25)."""

from urllib.parse import parse_qsl

from interactor.api.request import Request
from interactor.core import limits
from interactor.core.errors import InvalidRequestError, PayloadTooLargeError
from interactor.core.jsons import JsonObject

MOST_FIELDS = 20
_LONGEST_NAME = 100


def form_or_json(request: Request, most: int = limits.BODY_BYTES) -> JsonObject:
    """Return the fields of the body, which has at most ``most`` bytes.

    Raises:
        PayloadTooLargeError: it is longer.
        InvalidRequestError: it is neither JSON nor a form.
    """
    if request.media_type != "application/x-www-form-urlencoded":
        return request.object(most)
    if len(request.raw_body) > most:
        message = f"The body is longer than {most} bytes"
        raise PayloadTooLargeError(message, [{"field": "body", "message": message}])
    try:
        pairs = parse_qsl(
            request.raw_body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        message = "The body is not a form (application/x-www-form-urlencoded)"
        raise InvalidRequestError(message, [{"field": "body", "message": message}]) from None
    if len({name for name, _ in pairs}) != len(pairs):
        twice = next(name for name, _ in pairs if [each for each, _ in pairs].count(name) > 1)[:_LONGEST_NAME]
        raise InvalidRequestError("A field of the form appears twice", [{"field": twice, "message": "appears twice"}])
    return dict(pairs)
