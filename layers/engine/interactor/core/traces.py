"""W3C Trace Context: every instance belongs to a trace, its caller's or a new one, and every call continues it."""

import hashlib

ENTROPY_BYTES = 24


def begin(entropy: bytes) -> str:
    """Return the ``traceparent`` of a new trace. ``entropy`` is 24 random bytes."""
    return f"00-{entropy[:16].hex()}-{entropy[16:ENTROPY_BYTES].hex()}-01"


def below(traceparent: str, step: str) -> str:
    """Return the ``traceparent`` of one call in the trace.

    Its span is derived from the step, so all attempts share it.
    """
    version, trace, _, flags = traceparent.split("-")
    return f"{version}-{trace}-{hashlib.sha256(step.encode()).hexdigest()[:16]}-{flags}"
