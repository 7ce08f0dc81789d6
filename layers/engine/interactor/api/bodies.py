"""The bodies of requests, as typed values. Unknown members are ignored; every wrong one is named."""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from interactor.api.request import Request
from interactor.core import jsons, limits
from interactor.core.errors import InvalidRequestError, PayloadTooLargeError
from interactor.core.jsons import Json, JsonObject

RAW_INPUT_BYTES = 512 * limits.KILOBYTE
"""Of the body as sent: escapes and white space are not counted against the input's own 64 KB."""

Body = TypeVar("Body", bound=BaseModel)
Text = Annotated[str, Field(max_length=1_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class CreateInstance(_Strict):
    """``POST /workflows/{name}/instances``."""

    namespace: Any = None
    input: dict[str, Any] = {}


class Resume(_Strict):
    """``POST .../resume``; the choice may stand beside the input or in it."""

    input: dict[str, Any] = {}
    selected_option: Text | None = None
    choice: Text | None = None
    expected_state: Text | None = None

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if None not in (self.selected_option, self.choice) and self.selected_option != self.choice:
            raise ValueError("selected_option and choice differ; send one of them")
        return self

    @property
    def option(self) -> str | None:
        """The option that was taken, where it stands beside the input."""
        return self.selected_option if self.selected_option is not None else self.choice


class CreateFile(_Strict):
    """``POST .../files``; ``thread_id`` where several threads are halted, ``size`` in bytes."""

    field: Text
    name: str
    content_type: Text
    size: int
    thread_id: Text | None = None
    replaces: Text | None = None


class CreateSubscription(_Strict):
    """``POST /webhooks/subscriptions``."""

    url: str
    events: Annotated[list[Text], Field(max_length=50)]
    secret: Annotated[str, Field(max_length=256)] | None = None
    namespace_filter: Json = None


class ChangeSubscription(_Strict):
    """``PATCH /webhooks/subscriptions/{id}``: what is not given stays; ``namespace_filter: null`` takes it away."""

    url: str = ""
    events: Annotated[list[Text], Field(max_length=50)] = []
    namespace_filter: Json = None
    status: Literal["active", "disabled"] = "active"


class RotateSecret(_Strict):
    """``POST /webhooks/subscriptions/{id}/rotate-secret``."""

    secret: Annotated[str, Field(max_length=256)] | None = None


class TestSubscription(_Strict):
    """``POST /webhooks/subscriptions/{id}/test``."""

    event: Text | None = None


class ReplayDeliveries(_Strict):
    """``POST /webhooks/subscriptions/{id}/replay``."""

    since: Text
    until: Text | None = None
    status: Text | None = None


def read(kind: type[Body], request: Request, most: int = limits.BODY_BYTES) -> Body:
    """The body as one of the models above.

    Raises:
        PayloadTooLargeError: when the body, or its ``input``, is over its limit.
        InvalidRequestError: when it is no JSON object, or members are wrong.
    """
    document = request.object(most)
    try:
        body = kind.model_validate(document)
    except ValidationError as error:
        raise InvalidRequestError(
            "The body has wrong members; details lists them", [_wrong(each) for each in error.errors()]
        ) from None
    given = getattr(body, "input", None)
    if given and jsons.size(given) > limits.INPUT_BYTES:
        message = "The input is larger than 64 KB as JSON; keep large documents elsewhere and send a reference"
        raise PayloadTooLargeError(message, [{"field": "input", "message": message}])
    return body


def _wrong(error: Any) -> JsonObject:
    field = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"field": field or "body", "message": message}
