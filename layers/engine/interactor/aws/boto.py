"""Clients of AWS's services. Each is made when it is first needed, and kept for the process."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

CONFIG: Final[Mapping[str, Any]] = {
    # These timeouts are well below those of the functions.
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
    "max_pool_connections": 32,
    # The next settings together save a sixth of the processor time of each call. Otherwise botocore builds its user
    # agent from a dozen parts each time, checks arguments that only our own code makes, and looks for an account to put
    # into the endpoint's name.
    "user_agent": "interactor",
    "parameter_validation": False,
    "account_id_endpoint_mode": "disabled",
}

made: dict[str, Any] = {}
"""The clients of this process, by service."""


def client(service: str, config: Mapping[str, Any] = CONFIG) -> Any:
    """Return the client of a service."""
    if service not in made:
        from botocore.config import Config

        made[service] = session().create_client(service, config=Config(**config))
    return made[service]


def for_s3() -> dict[str, Any]:
    """Return settings for S3: a signed request must name the bucket's own region, because the global address redirects
    callers of a new bucket.
    """
    elsewhere = any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ)
    style = "path" if elsewhere else "virtual"
    return {
        "signature_version": "s3v4",
        "s3": {"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
    }


@cache
def session() -> Any:
    """Return botocore's session, which makes clients.

    Importing boto3 would add resources and S3 transfers, which nobody uses here.
    """
    from botocore.session import get_session

    return get_session()
