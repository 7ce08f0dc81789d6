"""``python -m interactor.admin``: the command ``interactor``, by the name it has within the project.

The layer is built without this module: what it calls is not deployed.
"""

import sys

from interactor_cli.__main__ import run

if __name__ == "__main__":
    sys.exit(run())
