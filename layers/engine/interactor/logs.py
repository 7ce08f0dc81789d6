"""The one logger: JSON lines with the request or message they belong to, and never a body."""

import os

from aws_lambda_powertools import Logger

# Where a line was written is in its words; logs are billed by the byte. During a deploy two releases write at once.
logger = Logger(location=None, release=os.environ.get("RELEASE"))
