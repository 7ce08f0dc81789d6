"""The one outgoing HTTP client, for HTTP logic and for webhooks (invariant 8 of the design).

What it guards: a request reaches public addresses only, and private ones in ranges that the deployment names, judged on
the address that the socket is connected to;
no redirect is followed; nothing comes from the environment (proxies, netrc, certificate bundles, key logs); one
deadline covers name resolution, connecting, TLS, sending and receiving; the bytes read are bounded, and never
unpacked; a caller's headers cannot change where a message ends.

What it leaves to others: who may be called over plain HTTP (``core.urls.check_url``), which failures are tried
again and when (``logic.py`` for HTTP logic, the webhook use cases for theirs), masking of secrets.

Open first: ``client.py``.
"""

from interactor.outgoing.client import OutgoingClient
from interactor.outgoing.messages import OutgoingError, OutgoingRequest, OutgoingResponse

__all__ = ["OutgoingClient", "OutgoingError", "OutgoingRequest", "OutgoingResponse"]
