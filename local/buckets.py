"""S3 buckets from their declarations: versions and the rules for browsers; who may read them is no matter here."""

from collections.abc import Mapping
from typing import Any

_CORS = {
    "AllowedHeaders": "AllowedHeaders",
    "AllowedMethods": "AllowedMethods",
    "AllowedOrigins": "AllowedOrigins",
    "ExposedHeaders": "ExposeHeaders",
    "MaxAge": "MaxAgeSeconds",
}
"""What a rule's members are called in a template, and in S3's own calls."""


def create_bucket(client: Any, name: str, region: str) -> None:
    """Make the bucket."""
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=name, **({} if region == "us-east-1" else elsewhere))


def follow_settings(client: Any, name: str, properties: Mapping[str, Any]) -> None:
    """Give the bucket its declared settings; what lies in it stays."""
    versioning = properties.get("VersioningConfiguration")
    if versioning:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning["Status"]})
    rules = properties.get("CorsConfiguration", {}).get("CorsRules", [])
    if rules:
        given = [{_CORS[key]: value for key, value in rule.items() if key in _CORS} for rule in rules]
        client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": given})
