"""What tests of webhooks share: subscribing, what arrived, what the log says."""

import json
from typing import Any

from interactor.core.times import Millis
from tests.support.deployed.deployment import Deployment

URL = "https://yourapp.com/api/webhooks/workflows"
HALTED = "workflow.instance.halted"
DISABLED = "webhook.subscription.disabled"
SUBSCRIPTIONS = "/webhooks/subscriptions"


def subscribe(api: Deployment, *kinds: str, url: str = URL, token: str | None = None, **more: Any) -> str:
    """Subscribe to events by their whole names; answers the id."""
    wanted = {"url": url, "events": list(kinds or (HALTED,)), **more}
    subscription: str = api.call("POST", SUBSCRIPTIONS, wanted, token).data["id"]
    return subscription


def arrived(api: Deployment, url: str = URL) -> list[Any]:
    """The bodies that a URL was sent, in order."""
    return [json.loads(request.body or b"") for request in api.outside.to(url)]


def headers(api: Deployment, url: str = URL) -> list[dict[str, str]]:
    """The headers that a URL was sent, with lower-case names."""
    return [{name.lower(): value for name, value in request.headers.items()} for request in api.outside.to(url)]


def log(api: Deployment, subscription: str, query: str = "") -> list[Any]:
    """The deliveries of a subscription, newest first."""
    found: list[Any] = api.call("GET", f"{SUBSCRIPTIONS}/{subscription}/deliveries{query}").data["deliveries"]
    return found


def delivery(api: Deployment, subscription: str, delivery_id: str) -> Any:
    """One delivery with its attempts."""
    return api.call("GET", f"{SUBSCRIPTIONS}/{subscription}/deliveries/{delivery_id}").data


def post(api: Deployment, subscription: str, action: str, body: Any = None, **rest: Any) -> Any:
    """Do something to a subscription; the answer."""
    return api.call("POST", f"{SUBSCRIPTIONS}/{subscription}/{action}", body, **rest)


def wait_hops(api: Deployment, length: Millis, hop: Millis = 900_000) -> None:
    """Let time pass as a queue would have it: no message waits longer than 15 minutes in one go."""
    while length > 0:
        api.wait(min(hop, length))
        length -= hop
