"""``python -m interactor.admin``: the command ``interactor``, under its name inside the project.

The layer is built without this module, because the code that it calls is not deployed.
"""

import sys

from interactor_cli.__main__ import run

if __name__ == "__main__":
    sys.exit(run())
