"""How the store of files refuses: the values that it and its use case share."""


class FieldFullError(Exception):
    """A field takes no more files; ``for_good``: also none in the place of another. Nothing was changed."""

    def __init__(self, for_good: bool) -> None:
        super().__init__("the field takes no more files")
        self.for_good = for_good


class NotReplaceableError(Exception):
    """The file whose place another was to take is not one that can be replaced. Nothing was changed."""
