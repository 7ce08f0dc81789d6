"""The one logger: JSON lines with the request or message that they belong to, and never a body."""

import os

from aws_lambda_powertools import Logger

# The words of a line show where it was written; logs are billed by the byte. During a deploy, two releases write at
# once.
logger = Logger(location=None, release=os.environ.get("RELEASE"))
