"""The HTTP front: every route of the template on one loopback port."""

import http.client
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import waitress.server  # type: ignore[import-untyped]  # waitress ships no types

from local import gateway
from local.cors import Cors
from local.functions import Functions
from local.settings import LocalRunError, now_ms
from local.template import Route

_log = logging.getLogger("local.front")
_OS_THREADS = 16
# Above the limit that is answered in API Gateway's words, so that those words can be said at all.
_WAITRESS_LIMIT = 64 * 1024 * 1024

Page = Callable[[gateway.Request], gateway.Response]
"""What the local run itself shows at a path, beside the template's routes."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def bind(port: int) -> socket.socket:
    """Take the port before anything else is started; a port in use is a ``LocalRunError`` that says so."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise LocalRunError(f"Port {port} cannot be used ({error.strerror}): choose another with PORT=8081.") from None
    return listener


class Front:
    """Serves the routes with the functions' handlers, and pages of the local run's own by their paths, until it is
    stopped.
    """

    def __init__(
        self,
        listener: socket.socket,
        routes: Iterable[Route],
        functions: Functions,
        cors: Cors,
        pages: Mapping[str, Page] | None = None,
    ) -> None:
        self._listener = listener
        self._pages = pages or {}
        self._router = gateway.Router(tuple(routes))
        self._functions = functions
        self._cors = cors
        self._stopping = False
        self._in_flight = 0
        self._idle = threading.Condition()
        self._server: Any = None

    def start(self) -> None:
        """Listen, in OS threads of its own."""
        self._server = cast(Any, waitress.server).create_server(
            self,
            sockets=[self._listener],
            threads=_OS_THREADS,
            max_request_body_size=_WAITRESS_LIMIT,
            connection_limit=1000,
            asyncore_use_poll=True,
            ident=None,
        )
        threading.Thread(target=self._server.run, name="front", daemon=True).start()

    def stop(self, deadline: float) -> bool:
        """Take no more requests and wait, until ``deadline`` (monotonic), for those in flight.

        False when some remain.
        """
        self._stopping = True
        if self._server is None:
            self._listener.close()
            return True
        self._server.trigger.pull_trigger(self._close_listener)
        with self._idle:
            done = self._idle.wait_for(lambda: self._in_flight == 0, max(0.0, deadline - time.monotonic()))
        while time.monotonic() < deadline and self._unsent():
            time.sleep(0.01)
        return done

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI application."""
        with self._idle:
            self._in_flight += 1
        try:
            answer = self._answer(environ)
            headers = [*answer.headers, ("content-length", str(len(answer.body)))]
            start_response(f"{answer.status} {http.client.responses.get(answer.status, 'Unknown')}", headers)
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify_all()

    def _answer(self, environ: dict[str, Any]) -> gateway.Response:
        received = now_ms()
        if self._stopping:
            return gateway.message(503, "Service Unavailable")
        if int(environ.get("CONTENT_LENGTH") or 0) > gateway.BODY_LIMIT:
            return gateway.message(413, "Request Entity Too Large")
        request = _request(environ, received)
        return self._cors.preflight(request) or self._cors.added(request, self._answer_of(request))

    def _answer_of(self, request: gateway.Request) -> gateway.Response:
        path = request.target.partition("?")[0]
        if path in self._pages and request.method in ("GET", "HEAD"):
            return self._pages[path](request)
        match = self._router.match(request.method, path)
        if match is None:
            return gateway.message(404, "Not Found")
        try:
            return gateway.response(self._functions.invoke(match.route.function, gateway.event(request, match)))
        except Exception:
            _log.exception("%s %s answered 500", request.method, request.target)
            return gateway.message(500, "Internal Server Error")

    def _close_listener(self) -> None:
        self._server.accepting = False
        self._server.del_channel()
        self._server.socket.close()

    def _unsent(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(channel.total_outbufs_len > 0 or channel.requests for channel in channels)


def _request(environ: dict[str, Any], received: int) -> gateway.Request:
    target = str(environ.get("REQUEST_URI") or environ["PATH_INFO"])
    if not target.startswith("/"):  # the absolute form that proxies send
        target = "/" + target.partition("://")[2].partition("/")[2]
    # WSGI has each byte as a character; API Gateway hands on UTF-8 as it reads. What is none stays tellable.
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value.encode("latin-1").decode("utf-8", "surrogateescape")
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    return gateway.Request(
        method=environ["REQUEST_METHOD"],
        target=target,
        protocol=environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        headers={name: value for name, value in headers.items() if value != ""},
        source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
        body=environ["wsgi.input"].read(),
        received_ms=received,
    )
