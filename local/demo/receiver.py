"""The application on the other end, on loopback: takes webhooks, if their signatures hold, and the notification."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from local.demo import signatures
from local.demo.judge import Notification, Seen, Webhook
from local.demo.plan import ACKNOWLEDGED

WEBHOOKS, NOTIFICATIONS = "/webhooks", "/api/notifications"
_MAX_BODY = 1024 * 1024


class Receiver:
    """Listens from its making to its closing. What arrives is added to ``seen`` and told to ``on_arrival``."""

    def __init__(self, secret: str, seen: Seen, on_arrival: Callable[[Webhook | Notification], None]) -> None:
        self._secret, self._seen, self._on_arrival = secret, seen, on_arrival
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="receiver", daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def wait_until(self, seen: Callable[[Seen], object], deadline: float) -> bool:
        """Wait for arrivals until ``seen`` holds; False when ``deadline`` (monotonic seconds) comes first."""
        with self._arrived:
            return bool(self._arrived.wait_for(lambda: seen(self._seen), max(0.0, deadline - time.monotonic())))

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        """Judge and keep one request: the status and the JSON to answer it with. Header names are lower-case."""
        try:
            value = json.loads(body)
        except ValueError:
            return 400, {"error": "not JSON"}
        if path == NOTIFICATIONS:
            notification = Notification(headers.get("idempotency-key", ""), value)
            self._keep(self._seen.notifications, notification)
            return 200, ACKNOWLEDGED
        if path != WEBHOOKS or not isinstance(value, dict):
            return 404, {"error": "nothing here"}
        problems = [*signatures.problems(headers, body, self._secret, time.time()), *_contradictions(headers, value)]
        self._keep(self._seen.webhooks, Webhook(headers.get("webhook-id", ""), value, len(body), tuple(problems)))
        return (401, {"error": problems[0]}) if problems else (200, ACKNOWLEDGED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _keep(self, kept: list[Any], item: Webhook | Notification) -> None:
        with self._arrived:
            kept.append(item)
            self._on_arrival(item)
            self._arrived.notify_all()


def _contradictions(headers: Mapping[str, str], body: Mapping[str, Any]) -> list[str]:
    pairs = {"x-interactor-event": "event", "x-interactor-delivery": "delivery_id", "webhook-id": "idempotency_key"}
    return [
        f"{header} is {headers.get(header)!r}, the body's {name} {body.get(name)!r}"
        for header, name in pairs.items()
        if headers.get(header) != body.get(name)
    ]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = 413, {"error": "too large"}
            if size <= _MAX_BODY:
                status, answer = receiver.take(self.path, headers, self.rfile.read(size))
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """Its own access log would stand between the lines of the story."""

    return Handler
