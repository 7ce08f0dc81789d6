"""The command line of ``interactor``."""

import argparse
from typing import Any, NoReturn

from interactor_cli.deployment import arguments as deployment
from interactor_client import __version__

_HELP = """\
examples:
  interactor client add --stack interactor --account acc_acme --scope '*' --namespace '*'
  interactor client list --local --account acc_local
  interactor secret set --stack interactor --account acc_acme --name API_KEY < key.txt
  interactor groups put finance --stack interactor --account acc_acme --members members.txt
  interactor events relay --stack interactor --since 2026-01-20T09:00:00Z --until 2026-01-20T11:00:00Z

Exit codes: 0 done, 1 not possible, 2 what was given is wrong: the command line, a value, or the deployment.
An error is one line on standard error.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line. Its result has ``noun``, ``verb`` and the options of the verb."""
    what = "Manage clients, secrets, groups, events, items and links of a deployment."
    top: argparse.ArgumentParser = _Parser(prog="interactor", description=what, epilog=_HELP)
    top.add_argument("--version", action="version", version=f"interactor {__version__}")
    nouns = top.add_subparsers(dest="noun", metavar="{client,secret,groups,events,items,links}", required=True)
    deployment.add_to(nouns)
    return top


class _Parser(argparse.ArgumentParser):
    """Keeps the line ends of the examples, and refuses abbreviated options, because a new option would change their
    meaning.

    An error is one line, as for the commands.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        self.allow_abbrev = False

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; see '{self.prog} --help'\n")
