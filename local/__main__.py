"""``python -m local`` (``make serve``): serve the template until SIGINT or SIGTERM."""

import sys

from local.signals import Signals, StopDuringStartError


def main() -> int:
    """Returns 0 after a requested stop, 1 when the run could not start or its AWS went away."""
    signals = Signals()
    try:
        # Here, and not above: importing boto3 takes half a second, and Ctrl-C may come within it.
        from local.serve import serve

        return serve(signals)
    except StopDuringStartError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
