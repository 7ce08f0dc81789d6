"""Sends mails through Amazon SES, and tells what it refused for good from what it would not do now."""

from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from interactor.tasks.mail.letters import Letter

_NOT_NOW: Final = {
    *("TooManyRequestsException", "ThrottlingException", "LimitExceededException"),
    # What the operator can mend; the messages wait in the queue until then. MessageRejected mostly is an identity
    # that is not verified, of the sender or (in the sandbox) of the recipient.
    *("AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "MessageRejected"),
    *("AccessDeniedException", "NotFoundException"),
}
_NEVER: Final = {"BadRequestException"}
# RFC 3834, 5: whoever is away must not answer a machine, and no machine answers another.
_HEADERS: Final = [{"Name": "Auto-Submitted", "Value": "auto-generated"}]


class NotSentError(Exception):
    """SES sent nothing and would not now; it may do so later."""


class RefusedError(Exception):
    """SES sent nothing, and will not send this mail."""


class SesClient(Protocol):
    """The one call of a boto3 client of SES v2."""

    def send_email(self, **arguments: Any) -> Any:
        """Send a mail."""


class Ses:
    """Sends one mail at a time.

    Args:
        client: a boto3 client of SES v2; ``ses:SendEmail`` is used.
        sender: the address that mails come from.
    """

    def __init__(self, client: SesClient, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, to: str, letter: Letter) -> None:
        """Send a mail. Whatever else is raised, it is not known whether it was sent.

        Raises:
            NotSentError: when it was not sent and may be tried again.
            RefusedError: when it was not sent and never will be.
        """
        simple = {
            "Subject": _text(letter.subject),
            "Body": {"Text": _text(letter.text), "Html": _text(letter.html)},
            "Headers": _HEADERS,
        }
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Simple": simple},
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _NEVER:
                raise RefusedError(code) from error
            if code in _NOT_NOW:
                raise NotSentError(code) from error
            raise


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}
