"""How the store of files refuses: the errors that it shares with its use case."""


class FieldFullError(Exception):
    """A field accepts no more files. Nothing was changed. With ``for_good``, it also accepts no replacements."""

    def __init__(self, for_good: bool) -> None:
        super().__init__("the field takes no more files")
        self.for_good = for_good


class NotReplaceableError(Exception):
    """The file to replace cannot be replaced. Nothing was changed."""
