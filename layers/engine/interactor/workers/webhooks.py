"""Webhook messages: the attempts of one batch run at the same time, because each may take half a minute."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from interactor.core.jsons import JsonObject
from interactor.logs import logger
from interactor.services import services
from interactor.workers.causes import cause

AT_ONCE = 10


def deliver_batch(event: JsonObject) -> JsonObject:
    """Handle each message, and return those that must be delivered again.

    A message is an attempt, or one step of a replay, or one step of a redrive. Attempts over the concurrency limit of
    their subscription or account go back to the queue and wait.
    """
    parts = services().webhooks
    limits, deliverer, replays, redrive = parts.concurrency_limits, parts.deliverer, parts.replays, parts.redrive
    failed: list[str] = []
    ids, messages = _parsed(event, failed)
    attempts = [n for n, each in enumerate(messages) if _is_attempt(each) and deliverer.is_due(each)]
    known = deliverer.look_up(messages[n] for n in attempts)
    rates = known.rates
    with limits.of(messages, attempts, known.watches, rates) as batch, ThreadPoolExecutor(AT_ONCE) as workers:
        refused = batch.refused

        def work(position: int) -> None:
            message = messages[position]
            if position in refused:
                deliverer.wait(message, refused[position], rates)
            elif "replay" in message:
                replays.step(message)
            elif "drain" in message:
                redrive.step(message)
            else:
                limits.ended(message, deliverer.handle(message, known))

        def finish(position: int) -> bool:
            done = _done(ids[position], lambda: work(position))
            # Best effort: a share that cannot be given back ends by itself.
            _done(ids[position], lambda: batch.over(position))
            return done

        outcomes = list(workers.map(finish, range(len(ids))))
    failed += [message_id for message_id, done in zip(ids, outcomes, strict=True) if not done]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _is_attempt(message: JsonObject) -> bool:
    return "replay" not in message and "drain" not in message


def _parsed(event: JsonObject, failed: list[str]) -> tuple[list[str], list[JsonObject]]:
    """Return ids and bodies of the messages that can be read; add the ids of all others to ``failed``."""
    ids: list[str] = []
    messages: list[JsonObject] = []
    for record in event["Records"]:
        try:
            message: Any = json.loads(record["body"])
            _ = message["account"], message["subscription_id"]
            if _is_attempt(message):
                _ = message["delivery_id"], message["attempt"]
        except (ValueError, KeyError, TypeError) as error:
            told = {"message_id": record["messageId"], **cause(error)}
            logger.error("webhook message cannot be read", extra=told)
            failed.append(str(record["messageId"]))
        else:
            ids.append(str(record["messageId"]))
            messages.append(message)
    return ids, messages


def _done(message_id: str, work: Callable[[], None]) -> bool:
    try:
        work()
    except Exception as error:
        logger.error("webhook message failed", extra={"message_id": message_id, **cause(error)})
        return False
    return True
