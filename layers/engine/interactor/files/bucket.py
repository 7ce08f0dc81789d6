"""The bucket for files. Uploads and downloads are signed here and go directly to S3, not through the API.

A key is made of account, instance and file id, never of a name. The bucket keeps every version that was uploaded under
a key. So the contents that a resume has taken stay the same, whatever is uploaded there later.
"""

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core.storing import StoreBusyError, StoreUnavailableError
from interactor.core.times import SECOND, Millis
from interactor.forms.file_fields import Content, File, disposition

REMOVED_PER_CALL: Final = 100

# Without the permission to list, S3 answers 403 for what does not exist.
_MISSING: Final = {"404", "403", "NoSuchKey", "NoSuchVersion", "NotFound", "AccessDenied", "Forbidden"}


class FileBucket:
    """One bucket. ``client`` is a boto3 S3 client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def upload(self, account: str, instance_id: str, file: File, lifetime: Millis) -> tuple[str, dict[str, str]]:
        """Return the URL to which a file must be posted as a form, and the fields that must come before it in the form.

        S3 accepts only the announced size and content type. The name is stored with the contents, so that they are an
        attachment however they are read.
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
        """Return a URL for exactly these contents, as an attachment."""
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
        """Return what was uploaded for a file, or the contents that a resume took if one did; None if there is nothing.

        Raises:
            StoreBusyError: S3 does not answer.
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
        """Delete a page of what was uploaded for an instance, in all versions. Return True if nothing is left.

        Raises:
            StoreUnavailableError: S3 does not accept it.
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
