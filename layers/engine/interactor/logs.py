"""The one logger: JSON lines with the request or message they belong to, and never a body."""

from aws_lambda_powertools import Logger

# Where a line was written is in its words; logs are billed by the byte.
logger = Logger(location=None)
