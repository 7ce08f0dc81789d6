"""The one client for outgoing HTTP, for HTTP logic and for webhooks (invariant 8 of the design).

What it guards: a request reaches only public addresses, and private ones in ranges that the deployment names. The
address of the connected socket is checked. No redirect is followed. Nothing comes from the environment (proxies, netrc,
certificate bundles, key logs). One deadline covers name resolution, connecting, TLS, sending and receiving. The number
of bytes that are read is limited, and they are not decompressed here. A caller's headers cannot change where a message
ends.

What it leaves to others: who may be called over plain HTTP (``core.urls.check_url``), which failures are retried and
when (``logic`` for HTTP logic, ``webhooks`` for deliveries), and the masking of secrets.

Open first: ``client.py``.
"""

from interactor.outgoing.client import OutgoingClient
from interactor.outgoing.messages import OutgoingError, OutgoingRequest, OutgoingResponse

__all__ = ["OutgoingClient", "OutgoingError", "OutgoingRequest", "OutgoingResponse"]
