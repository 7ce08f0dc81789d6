"""A proxy between a deployment and its AWS that refuses some calls, and loses the answers of others.

Which ones is decided by a seed: of the calls of DynamoDB and SQS one in ``THROTTLED`` is refused as throttled and never
made, and one in ``LOST`` is made and answered by a connection that breaks off.
"""

import http.client
import json
import random
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

THROTTLED, LOST = 100, 200
_REFUSAL = json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "injected"})
_NOT_PASSED_ON = {"connection", "host", "keep-alive", "transfer-encoding"}


class FaultyProxy:
    """A context: passes requests on to ``endpoint`` while it is open. ``made`` counts calls and faults by kind."""

    def __init__(self, endpoint: str, seed: int) -> None:
        self.made: Counter[str] = Counter()
        self._chance = random.Random(seed)  # noqa: S311 - the same faults for the same seed
        self._lock = threading.Lock()
        self._upstreams = threading.local()
        self._to = urlsplit(endpoint).netloc
        self.faulty = False
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                """Pass a call on, or not."""
                proxy.serve(self)

            do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815 - http.server's names

            def log_message(self, format: str, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One call."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        fault = self._draw(handler.headers.get("X-Amz-Target", ""))
        if fault == "throttled":
            self._answer(handler, 400, {"Content-Type": "application/x-amz-json-1.0"}, _REFUSAL.encode())
            return
        status, headers, answer = self._pass_on(handler, body)
        if fault == "lost":
            handler.close_connection = True
            return
        self._answer(handler, status, headers, answer)

    def _draw(self, target: str) -> str:
        with self._lock:
            self.made["calls"] += 1
            faulty = self.faulty and target.startswith(("DynamoDB_2012", "AmazonSQS"))
            drawn = self._chance.random() if faulty else 1.0
            fault = "throttled" if drawn < 1 / THROTTLED else "lost" if drawn < 1 / THROTTLED + 1 / LOST else ""
            if fault:
                self.made[fault] += 1
            return fault

    def _pass_on(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in _NOT_PASSED_ON}
        for attempt in range(2):
            upstream = getattr(self._upstreams, "it", None) or http.client.HTTPConnection(self._to, timeout=30)
            self._upstreams.it = upstream
            try:
                upstream.request(handler.command, handler.path, body, {**headers, "Host": self._to})
                answer = upstream.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            except (OSError, http.client.HTTPException):
                upstream.close()
                self._upstreams.it = None
                if attempt:
                    raise
        raise AssertionError("unreachable")

    @staticmethod
    def _answer(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
        handler.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {*_NOT_PASSED_ON, "content-length"}:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def told(made: Counter[str]) -> dict[str, Any]:
    """The counts as JSON."""
    return dict(sorted(made.items()))
