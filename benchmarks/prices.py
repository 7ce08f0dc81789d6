"""List prices of us-east-1, without free tiers and discounts, as their pages gave them in November 2026."""

from dataclasses import dataclass

READ_ON = "2026-11-22"
MILLION = 1_000_000
GIGABYTE = 2**30
AWS = "aws.amazon.com/{}/pricing"


@dataclass(frozen=True)
class Price:
    """Dollars for one of what is billed."""

    name: str
    dollars: float
    per: str
    source: str

    @property
    def shown(self) -> str:
        """As the pages write it: for a million, or for a gigabyte."""
        return f"${self.dollars * (1 if 'GB' in self.per else MILLION):,.10g}"


WRITE_UNIT = Price("DynamoDB write unit, on demand", 0.625 / MILLION, "million", AWS.format("dynamodb"))
READ_UNIT = Price("DynamoDB read unit, on demand", 0.125 / MILLION, "million", AWS.format("dynamodb"))
QUEUE_REQUEST = Price("SQS request, standard queue", 0.40 / MILLION, "million", AWS.format("sqs"))
INVOCATION = Price("Lambda request", 0.20 / MILLION, "million", AWS.format("lambda"))
GB_SECOND = Price("Lambda GB-second, arm64", 0.0000133334, "GB-second", AWS.format("lambda"))
API_REQUEST = Price("HTTP API request", 1.00 / MILLION, "million", AWS.format("api-gateway"))
LOG_BYTE = Price("CloudWatch Logs ingestion", 0.50, "GB", AWS.format("cloudwatch"))
KMS_REQUEST = Price("KMS request", 3.00 / MILLION, "million", AWS.format("kms"))
TRACE = Price("X-Ray trace recorded", 5.00 / MILLION, "million", AWS.format("xray"))
STORED_GB = Price("DynamoDB storage, a month", 0.25, "GB", AWS.format("dynamodb"))
PITR_GB = Price("DynamoDB point-in-time recovery, a month", 0.20, "GB", AWS.format("dynamodb"))
TRANSITION = Price("Step Functions transition, Standard", 25.0 / MILLION, "million", AWS.format("step-functions"))
OPERATION = Price("Lambda durable operation", 8.0 / MILLION, "million", AWS.format("lambda"))
DURABLE_WRITTEN_GB = Price("Lambda durable data written", 0.25, "GB", AWS.format("lambda"))
ACTION = Price("Temporal Cloud action, first 5 million", 50.0 / MILLION, "million", "docs.temporal.io/cloud/pricing")

ALL = (
    WRITE_UNIT,
    READ_UNIT,
    QUEUE_REQUEST,
    INVOCATION,
    GB_SECOND,
    API_REQUEST,
    LOG_BYTE,
    KMS_REQUEST,
    TRACE,
    STORED_GB,
    PITR_GB,
    TRANSITION,
    OPERATION,
    DURABLE_WRITTEN_GB,
    ACTION,
)

TRACED_SHARE = 0.05
"""X-Ray's default sampling beyond the first request of each second."""
