"""The bounds of a definition: "Workflow Definition Limits" of the API, and those of rulings 3, 4 and 13."""

STATES = 100
TRANSITIONS_PER_STATE = 20
NAME = r"[a-z][a-z0-9_-]{0,63}"
STATE_NAME_CHARACTERS = 128
GUIDANCE_CHARACTERS = 1000
SCRIPT_BYTES = 65_536
CONDITION_DEPTH = 20
KEY_CHARACTERS = 128

FIELDS = 50
FIELD_NAME = r"[a-z][a-z0-9_]{0,63}"
FIELD_NAMES_CHARACTERS = 32_768
"""All different field names together. The head of each instance stores those of sensitive fields."""
CHOICE_OPTIONS = (2, 20)
INCLUDED_PATHS = 50

HTTP_TIMEOUT_MS = (1_000, 30_000)
HTTP_ATTEMPTS = (1, 5)
PATH_CHARACTERS = 256
EXTRACTS = 50

FORK_THREADS = 10
THREAD_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"

INPUT_SCHEMA_BYTES = 65_536
INPUT_SCHEMA_DEPTH = 32
INPUT_SCHEMA_WEIGHT = 1_000
"""Rules of an input schema that may apply to one value at the same time."""
INPUT_PATTERN_BYTES = 1_048_576
"""Largest compiled size of one pattern of an input schema."""
INPUT_PROBLEMS = 50
"""Problems of an input that are listed."""
