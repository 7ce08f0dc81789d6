"""The bucket that files lie in: uploads and downloads are signed here, and go past the API to S3.

A key is made of account, instance and file id, never of a name. The bucket keeps every version of what was sent under
a key, so that contents which a resume has taken stay what they were, whatever is sent there later.
"""

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core.storing import StoreBusyError, StoreUnavailableError
from interactor.core.times import SECOND, Millis
from interactor.forms.file_fields import Content, File, disposition

REMOVED_PER_CALL: Final = 100

# Without the permission to list, S3 says 403 of what is not there.
_MISSING: Final = {"404", "403", "NoSuchKey", "NoSuchVersion", "NotFound", "AccessDenied", "Forbidden"}


class FileBucket:
    """One bucket. ``client`` is a boto3 S3 client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def upload(self, account: str, instance_id: str, file: File, lifetime: Millis) -> tuple[str, dict[str, str]]:
        """Where to POST a file to as a form, and the fields that stand before it in that form.

        S3 takes it with exactly the announced size and content type, and nothing else. The name is kept with the
        contents too, so that they are an attachment however they are read.
        """
        bound = {"Content-Type": file.content_type, "Content-Disposition": disposition(file.name)}
        signed = self._client.generate_presigned_post(
            Bucket=self._name,
            Key=_key(account, instance_id, file),
            Fields=bound,
            Conditions=[
                *({name: value} for name, value in bound.items()),
                ["content-length-range", file.size, file.size],
            ],
            ExpiresIn=lifetime // SECOND,
        )
        return signed["url"], signed["fields"]

    def download(self, account: str, instance_id: str, file: File, content: Content, lifetime: Millis) -> str:
        """A URL that gives just these contents, as an attachment."""
        parameters = {
            **self._place(account, instance_id, file, content.version),
            "ResponseContentDisposition": disposition(file.name),
            "ResponseContentType": file.content_type,
            "ResponseCacheControl": "private, no-store",
        }
        url: str = self._client.generate_presigned_url(
            ClientMethod="get_object", Params=parameters, ExpiresIn=lifetime // SECOND
        )
        return url

    def content(self, account: str, instance_id: str, file: File) -> Content | None:
        """What was sent for a file, the contents that a resume took where one did; None: nothing.

        Raises:
            StoreBusyError: when S3 does not say.
        """
        try:
            found = self._client.head_object(**self._place(account, instance_id, file, file.version))
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise StoreBusyError(str(error)) from error
        except BotoCoreError as error:
            raise StoreBusyError(str(error)) from error
        version = found.get("VersionId")
        return Content(found["ContentType"], found["ContentLength"], None if version == "null" else version)

    def remove(self, account: str, instance_id: str) -> bool:
        """Delete a page of what was sent for an instance, in all its versions; True once nothing is left.

        Raises:
            StoreUnavailableError: when S3 does not take it.
        """
        try:
            page = self._client.list_object_versions(
                Bucket=self._name, Prefix=f"{account}/{instance_id}/", MaxKeys=REMOVED_PER_CALL
            )
            for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                self._client.delete_object(Bucket=self._name, Key=each["Key"], VersionId=each["VersionId"])
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(str(error)) from error
        return not page["IsTruncated"]

    def _place(self, account: str, instance_id: str, file: File, version: str | None) -> Any:
        place = {"Bucket": self._name, "Key": _key(account, instance_id, file)}
        return place if version is None else place | {"VersionId": version}


def _key(account: str, instance_id: str, file: File) -> str:
    return f"{account}/{instance_id}/{file.id}"
