"""Clients of AWS's services, as boto3 makes them. Each is made when it is first needed and kept for the process."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

CONFIG: Final[Mapping[str, Any]] = {
    # Timeouts stay well inside those of the functions.
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
    "max_pool_connections": 32,
    # Together they cost a sixth of each call's processor time: boto3 makes its own name of a dozen parts, anew each
    # time, checks arguments that our own code makes, and looks for an account to put into the endpoint's name.
    "user_agent": "interactor",
    "parameter_validation": False,
    "account_id_endpoint_mode": "disabled",
}

made: dict[str, Any] = {}
"""The clients of this process, by service."""


def client(service: str, config: Mapping[str, Any] = CONFIG) -> Any:
    """The client of a service."""
    if service not in made:
        from botocore.config import Config

        made[service] = session().create_client(service, config=Config(**config))
    return made[service]


def for_s3() -> dict[str, Any]:
    """What is signed names the bucket's own region: the global address sends a new bucket's callers elsewhere."""
    elsewhere = any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ)
    style = "path" if elsewhere else "virtual"
    return {
        "signature_version": "s3v4",
        "s3": {"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
    }


@cache
def session() -> Any:
    """What makes clients: botocore's. Importing boto3 would add resources and S3 transfers, which nobody here uses."""
    from botocore.session import get_session

    return get_session()
