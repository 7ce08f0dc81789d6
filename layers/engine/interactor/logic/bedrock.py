"""Asks a model of Amazon Bedrock to write a text, through the Converse API.

The result is a text, or a reason why there is none. It always comes within the deadline, because a halt waits for it.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from interactor.core import limits
from interactor.core.logic import Failed, ModelCall, Outcome, Succeeded
from interactor.core.times import SECOND, Millis
from interactor.logic.rules import instructions

Models: TypeAlias = Callable[[ModelCall], Outcome]

DEFAULT: Final = "default"
"""The name in ``AiModels`` of the model for definitions that name none."""
CONFIG: Final[Mapping[str, Any]] = {
    "connect_timeout": 2,
    "read_timeout": limits.MODEL_DEADLINE // SECOND,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}
"""The client's settings: it retries nothing, because a person waits."""

_THROTTLED = ("ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException")
_DENIED = ("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException")
_TIMED_OUT = ("ModelTimeoutException",)
_WITHHELD = ("guardrail_intervened", "content_filtered")


class Bedrock:
    """Writes with the models that a deployment allows.

    Args:
        client: makes the boto3 ``bedrock-runtime`` client, when the first text is asked for.
        models: maps a definition's name for a model to Bedrock's id of it, or of an inference profile.
        now: the time, for durations.
        deadline: milliseconds after which a missing answer counts as none.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        models: Mapping[str, str],
        now: Callable[[], Millis],
        deadline: Millis = limits.MODEL_DEADLINE,
    ) -> None:
        self._client = client
        self._models = models
        self._now = now
        self._deadline = deadline

    def __call__(self, call: ModelCall) -> Outcome:
        """Return what the model wrote, or why there is nothing."""
        if not self._models:
            return Failed(instructions.NOT_CONFIGURED, "No model is configured; see AiModels")
        model = self._models.get(call.model or DEFAULT)
        if model is None:
            named = f"The model '{call.model}'" if call.model else "A default model"
            return Failed(instructions.UNKNOWN_MODEL, f"{named} is not among AiModels")
        begun = self._now()
        outcome = self._within_deadline(model, call)
        took = self._now() - begun
        if isinstance(outcome, str):
            return Succeeded(outcome, duration_ms=took)
        return Failed(outcome.code, outcome.message, duration_ms=took)

    def _within_deadline(self, model: str, call: ModelCall) -> str | Failed:
        """Ask in a separate OS thread, because a client's timeouts count only from one byte to the next."""
        found: list[str | Failed] = []
        asking = threading.Thread(target=lambda: found.append(self._ask(model, call)), daemon=True)
        asking.start()
        asking.join(self._deadline / SECOND)
        return found[0] if found else _late()

    def _ask(self, model: str, call: ModelCall) -> str | Failed:
        try:
            answer = self._client().converse(
                modelId=model,
                system=[{"text": instructions.SYSTEM}],
                messages=[{"role": "user", "content": [{"text": instructions.message(call)}]}],
                inferenceConfig={"maxTokens": limits.MODEL_TOKENS},
            )
            return _text(answer)
        except ClientError as error:
            return _refusal(str(error.response.get("Error", {}).get("Code", "")))
        except (ConnectTimeoutError, ReadTimeoutError):
            return _late()
        except BotoCoreError as error:
            return Failed(instructions.ERROR, f"Bedrock could not be asked ({type(error).__name__})")
        except Exception as error:
            # Whatever an answer looks like, the halt comes.
            return Failed(instructions.ERROR, f"Bedrock's answer could not be read ({type(error).__name__})")


def _text(answer: Mapping[str, Any]) -> str | Failed:
    stopped = answer.get("stopReason")
    if stopped in _WITHHELD:
        return Failed(instructions.REFUSED, f"The model's text was withheld ({stopped})")
    blocks = answer["output"]["message"]["content"]
    text = instructions.readable("".join(block["text"] for block in blocks if "text" in block))
    return text or Failed(instructions.EMPTY, "The model wrote nothing")


def _refusal(code: str) -> Failed:
    if code in _THROTTLED:
        return Failed(instructions.THROTTLED, f"Bedrock takes no more requests now ({code})")
    if code in _DENIED:
        return Failed(instructions.DENIED, f"Bedrock does not allow it ({code}); see AiModelArns, and access to models")
    if code in _TIMED_OUT:
        return _late()
    return Failed(instructions.ERROR, f"Bedrock refused the request ({code or 'no code'})")


def _late() -> Failed:
    return Failed(instructions.TIMEOUT, f"No text within {limits.MODEL_DEADLINE // SECOND} s")
