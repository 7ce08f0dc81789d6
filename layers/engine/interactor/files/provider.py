"""The parts that store the files of forms."""

from functools import cached_property
from typing import TYPE_CHECKING

from interactor.aws import boto

if TYPE_CHECKING:
    from interactor.aws.provider import AwsProvider
    from interactor.core.times import Millis
    from interactor.core.world import World
    from interactor.files.bucket import FileBucket
    from interactor.files.uploads import Files
    from interactor.settings import Settings


class FilesProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(self, settings: "Settings", world: "World", aws: "AwsProvider") -> None:
        self._settings = settings
        self._world = world
        self._aws = aws

    @cached_property
    def files(self) -> "Files":
        """Files of forms."""
        from interactor.files.store import FileStore
        from interactor.files.uploads import Files

        return Files(self._world, FileStore(self._aws.table), lambda: self.bucket)

    @cached_property
    def bucket(self) -> "FileBucket":
        """The bucket for files."""
        from interactor.files.bucket import FileBucket

        return FileBucket(boto.client("s3", {**boto.CONFIG, **boto.for_s3()}), self._settings.files_bucket)

    def ended_since(self) -> "Millis":
        """Return the moment up to which ended instances no longer have their files."""
        return self._world.now() - self._settings.file_retention
