"""One local run from its start to its end: the order in which things begin, and the reverse."""

import http.client
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from local import checkpoint, cors, ministack, seed, template
from local.aws import Aws
from local.front import Front, bind
from local.functions import Functions
from local.intrinsics import Intrinsics, parameter_values
from local.outbox import PATH, Outbox
from local.queues import QueuePoller
from local.resources import KeptKeysDifferError, Resources
from local.schedules import Clock
from local.settings import REAL_AWS, ROOT, LocalRunError, Settings, aws_python, now_ms
from local.streams import StreamFollower
from local.transform import Transformed, transformed

# What a local run wants otherwise than a deployment, where the template has such a parameter.
_LOCAL_PARAMETERS = {"OutboundAllowLoopback": "true", "AiModels": "stand-in", "ScriptIsolation": "process"}
_EMBEDDED_PARAMETERS = {"MailFrom": "tasks@interactor.example"}
"""Only where nothing is sent: another endpoint may be AWS itself."""
_DUMMY_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_BASE_PATH = "/api/v1"
_FINISH_SECONDS, _DRAIN_SECONDS, _MINISTACK_SECONDS = 8.0, 2.0, 4.0


class Trigger(Protocol):
    """What calls functions without a request."""

    def start(self) -> None:
        """Begin."""

    def ask_to_stop(self) -> None:
        """Begin nothing new."""

    def wait(self, deadline: float) -> bool:
        """Wait for what is in flight; False when some remains."""


class LocalRun:
    """``start`` serves, ``stop`` ends within 15 s and loses nothing.

    ``lock`` holds the folder of the settings and is released at the stop; ``say`` takes lines for the console.
    """

    def __init__(self, settings: Settings, lock: ministack.Lock, say: Callable[[str], None]) -> None:
        self._settings, self._lock, self._say = settings, lock, say
        self._ministack: ministack.MiniStack | None = None
        self._front: Front | None = None
        self._outbox: Outbox | None = None
        self._triggers: list[Trigger] = []
        self._followers: list[StreamFollower] = []
        self._run_file: Path | None = None
        self.seed = seed.Seed((), {})

    @property
    def url(self) -> str:
        """The address that is printed as ready."""
        return self._settings.base_url + _BASE_PATH

    @property
    def outbox(self) -> str | None:
        """The page with the mails, where there is one."""
        return self._settings.base_url + PATH if self._outbox is not None else None

    def start(self) -> None:
        """Start everything in order; a ``LocalRunError`` says in one line why it cannot."""
        settings = self._settings
        self.seed = seed.read(settings.seed)
        if sys.platform != "linux":
            self._say("note: this is not Linux: process limits that do not exist here are skipped")
        listener = bind(settings.port)
        settings = self._settings = replace(settings, port=listener.getsockname()[1])
        python = aws_python()
        self._begin_aws(python)
        declared_template = self._transform(python)
        if self._ministack is not None:
            self._ministack.wait_until_healthy()
        aws = Aws()
        sender = self._parameters().get("MailFrom")
        if self._ministack is not None and sender:
            self._outbox = Outbox(self._ministack.endpoint, settings.directory / "mail", aws, sender)
        try:
            declared, environment = self._make_resources(declared_template, aws)
            seed.plant(self.seed, aws, environment)
        except (ClientError, BotoCoreError) as error:
            raise LocalRunError(f"The AWS endpoint {self._endpoint() or REAL_AWS} refused: {error}") from None
        os.environ.update(environment)
        self._say(f"loading {len(declared.functions)} functions, {len(declared.routes)} routes")
        functions = self._load(declared)
        pages = {PATH: self._outbox.page} if self._outbox is not None else {}
        self._front = Front(listener, declared.routes, functions, cors.read(declared.cors), pages)
        self._begin_triggers(declared, aws, functions)
        self._write_run_file(environment)
        self._front.start()
        self._wait_until_it_answers()

    def healthy(self) -> bool:
        """Whether the embedded AWS, if there is one, still runs."""
        return self._ministack is None or self._ministack.alive()

    def stop(self) -> bool:
        """Stop taking requests, finish what is in flight, keep the state. False when something had to be left."""
        deadline = time.monotonic() + _FINISH_SECONDS
        for trigger in self._triggers:
            trigger.ask_to_stop()
        done = self._front.stop(deadline) if self._front is not None else True
        for trigger in self._triggers:
            done = trigger.wait(deadline) and done
        idle_since = now_ms()
        for follower in self._followers:
            follower.drain()
        deadline = time.monotonic() + _DRAIN_SECONDS
        for follower in self._followers:
            if follower.wait(deadline) and done:
                follower.finished(idle_since)
        if self._run_file is not None:
            # Only what this run wrote: one that was refused must not hide the run that holds the folder.
            self._run_file.unlink(missing_ok=True)
        if self._ministack is not None:
            done = self._ministack.stop(_MINISTACK_SECONDS) and done
        self._lock.release()
        return done

    def _begin_aws(self, python: Path) -> None:
        settings = self._settings
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = settings.region
        if settings.endpoint is not None:
            self._say(f"using the AWS endpoint {settings.endpoint}")
            if settings.fresh:
                self._say("note: FRESH=1 forgets the embedded AWS only; what this endpoint has is kept")
            if settings.endpoint == REAL_AWS:
                del os.environ["AWS_ENDPOINT_URL"]
            elif _is_loopback(settings.endpoint) and not os.environ.keys() & {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"}:
                os.environ.update(_DUMMY_CREDENTIALS)
            return
        if settings.fresh:
            ministack.forget(settings.directory)
        elif ministack.was_killed(settings.directory):
            self._say("note: the embedded AWS was killed last time: what was done since its start may be lost")
        self._say("starting the embedded AWS (MiniStack)")
        log = settings.log.with_name("ministack.log")
        self._ministack = ministack.MiniStack(python, settings.directory, self._lock, log, settings.environment)
        # The person's own AWS settings must not reach the embedded one, nor its dummies a real one.
        for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]:
            del os.environ[name]
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
            os.environ.pop(name, None)
        os.environ.update(_DUMMY_CREDENTIALS)
        os.environ.update(
            AWS_ENDPOINT_URL=self._ministack.endpoint,
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_EC2_METADATA_DISABLED="true",
            NO_PROXY=",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1,localhost"])),
        )

    def _transform(self, python: Path) -> Transformed:
        settings = self._settings
        if not settings.template.exists():
            raise LocalRunError(f"There is no template {settings.template}.")
        given = self._parameters()
        if given["ScriptIsolation"] != "process":
            raise LocalRunError("The local run has no function for scripts: leave ScriptIsolation out.")
        self._say(f"reading {settings.template.name}")
        try:
            return transformed(python, settings.template, settings.region, ROOT / ".local" / "transformed", given)
        except ValueError as error:
            raise LocalRunError(str(error)) from None

    def _parameters(self) -> dict[str, str]:
        own = {**_LOCAL_PARAMETERS, **(_EMBEDDED_PARAMETERS if self._ministack is not None else {})}
        return {**own, **self._settings.environment}

    def _make_resources(self, source: Transformed, aws: Aws) -> tuple[template.Declared, dict[str, str]]:
        settings = self._settings
        pseudo = {
            "AWS::AccountId": self._account(aws),
            "AWS::Region": settings.region,
            "AWS::StackName": settings.stack,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }
        pseudo["AWS::StackId"] = ":".join(
            ("arn:aws:cloudformation", settings.region, pseudo["AWS::AccountId"], f"stack/{settings.stack}/local")
        )
        own = self._ministack is not None
        resources = Resources(aws, source.template, pseudo, settings.base_url, own=own)
        try:
            # Not for the transform, whose answer is kept for every port.
            given = {"PublicUrl": settings.base_url, **self._parameters()}
            parameters = parameter_values(source.template, given)
            intrinsics = Intrinsics(source.template, parameters, pseudo, resources)
            resources.properties = intrinsics.properties
            for name, resource in source.template["Resources"].items():
                if resource["Type"] in resources.makes and intrinsics.exists(name):
                    resources.reference(name)
            declared = template.read(source, intrinsics)
            environment = template.shared_environment(declared)
        except KeptKeysDifferError as error:
            way_out = "start with FRESH=1 to forget what is kept"
            if not own:
                way_out = "delete that table, use another endpoint, or start without AWS_ENDPOINT_URL and with FRESH=1"
            raise LocalRunError(f"{error} Nothing was changed: {way_out}.") from None
        except (ValueError, KeyError) as error:
            raise LocalRunError(f"{settings.template.name}: {error}") from None
        public = f"https://local.execute-api.{settings.region}.amazonaws.com"
        return declared, {name: value.replace(public, settings.base_url) for name, value in environment.items()}

    def _account(self, aws: Aws) -> str:
        if self._ministack is not None:
            return "000000000000"
        return str(aws.client("sts").get_caller_identity()["Account"])

    def _load(self, declared: template.Declared) -> Functions:
        try:
            return Functions(declared.functions, self._settings.template.parent)
        except ModuleNotFoundError as error:
            raise LocalRunError(f"A function needs the package {error.name!r}: run `make setup`.") from error
        except ValueError as error:
            raise LocalRunError(str(error)) from error

    def _begin_triggers(self, declared: template.Declared, aws: Aws, functions: Functions) -> None:
        path = checkpoint.path_for(self._settings.directory, self._settings.endpoint)
        reached = checkpoint.Checkpoint(path)
        for mapping in declared.streams:
            function = declared.functions[mapping.function]
            self._followers.append(StreamFollower(mapping, function, aws, functions, reached))
        if self._outbox is not None:
            self._triggers.append(self._outbox)
        self._triggers += [QueuePoller(mapping, aws, functions) for mapping in declared.queues]
        self._triggers += [Clock(schedule, self._settings.clock_seconds, functions) for schedule in declared.schedules]
        for follower in self._followers:
            follower.start()
        for trigger in self._triggers:
            trigger.start()

    def _write_run_file(self, environment: dict[str, str]) -> None:
        """What other commands need to find this run; for the embedded AWS its dummy credentials too."""
        found: dict[str, Any] = {
            "url": self.url,
            "endpoint_url": self._endpoint(),
            "region": self._settings.region,
            "table": environment.get("TABLE_NAME"),
            "secrets_prefix": environment.get("SECRETS_PREFIX"),
            "relay_retry_queue": environment.get("RELAY_RETRY_QUEUE_URL"),
            "data_key": environment.get("DATA_KEY_ID"),
        }
        if self._ministack is not None:
            found["access_key_id"] = _DUMMY_CREDENTIALS["AWS_ACCESS_KEY_ID"]
            found["secret_access_key"] = _DUMMY_CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
        self._run_file = self._settings.directory / "run.json"
        self._run_file.write_text(json.dumps(found, indent=2) + "\n")

    def _endpoint(self) -> str | None:
        if self._ministack is not None:
            return self._ministack.endpoint
        return None if self._settings.endpoint == REAL_AWS else self._settings.endpoint

    def _wait_until_it_answers(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._settings.port, timeout=25)
        try:
            connection.request("GET", _BASE_PATH)
            connection.getresponse().read()
        except OSError as error:
            raise LocalRunError(f"{self.url} does not answer: {error}.") from None
        finally:
            connection.close()


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
