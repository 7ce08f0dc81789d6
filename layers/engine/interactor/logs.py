"""The one logger: JSON lines with the request or message they belong to, and never a body."""

from aws_lambda_powertools import Logger

logger = Logger()
