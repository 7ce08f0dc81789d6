"""Every bound of the engine in one place (invariant 9). ``docs/limits.md`` says which error belongs to each one."""

from interactor.core.times import MINUTE, SECOND, Millis

KILOBYTE = 1024

WORKFLOW_DATA_BYTES = 256 * KILOBYTE
INPUT_BYTES = 64 * KILOBYTE
DEFINITION_BYTES = 1024 * KILOBYTE
PRESENTATION_BYTES = 64 * KILOBYTE
BODY_BYTES = 8 * KILOBYTE
"""Bodies that have neither an input nor a definition, such as those of subscriptions."""

TOKEN_BYTES = 16 * KILOBYTE
"""Bodies that have an access token, which has at most 8 KB."""

TRANSITIONS_IN_A_ROW = 1_000
EVENTS_PER_INSTANCE = 25_000
THREADS_ALIVE = 10

HEAD_BYTES = 300 * KILOBYTE
"""The item with an instance's threads. DynamoDB accepts 400 KB; the rest is reserved for ending or pausing a full one.
"""
COMMIT_BYTES = 3 * 1024 * KILOBYTE
"""All items of one commit. DynamoDB accepts 4 MB; the rest is reserved in the same way."""

EVENTS_PER_ADVANCE = 100
"""A run without a stop commits after so many events, so that one history record stays small."""
CHANGES_PER_ADVANCE_BYTES = 64 * KILOBYTE

FAILURE_CHARACTERS = 1_000
"""Characters of a failure's message that are kept."""

TRIES_PER_STEP = 8
"""A step that began this often without a commit fails with ``internal_error`` (invariant 4)."""

SET_ASIDE: Millis = 60 * MINUTE
"""How long an instance that can be neither continued nor failed waits before it is tried again (invariant 9)."""
STEP_WORK: Millis = 60 * SECOND
"""How long the work for one message may take: the time limit of the step worker."""
OVERDUE_AFTER: Millis = MINUTE
"""How long after that time a hint counts as lost (invariant 3)."""

FORK_WAITS: Millis = SECOND
"""After how long a fork checks again whether the threads of its previous round have ended."""

REMEMBERED_RESUME: Millis = 10 * SECOND
"""How long the same input, sent again, gets the same answer (ruling 17)."""

SNAPSHOT_SMALL_BYTES = 4 * KILOBYTE
RECORDS_PER_SNAPSHOT = 50

INSTANCE_HISTORY_ENTRIES = 100
INSTANCE_HISTORY_BYTES = 256 * KILOBYTE
RESPONSE_BYTES = 64 * KILOBYTE

MODEL_DEADLINE: Millis = 8 * SECOND
"""How long a halt waits for a model. After that it shows plain text (ruling 30)."""
MODEL_TRIES = 2
"""How often a model is asked for one halt if its worker dies each time."""
MODEL_TASK_BYTES = 8 * KILOBYTE
MODEL_DATA_BYTES = 32 * KILOBYTE
"""Bounds of what a model is sent: of the prompt, and of all data together."""
MODEL_TOKENS = 500
MODEL_TEXT_BYTES = 4 * KILOBYTE
"""Bounds of what a model may write, and of what is kept of it."""

STEP_RESULT_BYTES = 8 * KILOBYTE
"""Bytes of an ``on_enter`` result that the history keeps."""

FILE_BYTES = 10 * 1024 * KILOBYTE
FILE_NAME_BYTES = 255
UPLOADS_PER_FIELD = 25
"""Files announced for one field of one halt, with those that were replaced by others."""
UPLOAD_LIFETIME: Millis = 15 * MINUTE
DOWNLOAD_LIFETIME: Millis = 5 * MINUTE

SUBSCRIPTIONS_PER_ACCOUNT = 50
RATE_PER_MINUTE_DEFAULT = 1_000
RATE_PER_MINUTE_MAXIMUM = 10_000
"""Attempts of a subscription per minute. With 20 at the same time, more would need answers within 120 ms."""
PAGE_DEFAULT = 50
PAGE_MAXIMUM = 100
HISTORY_PAGE_DEFAULT = 100
HISTORY_PAGE_MAXIMUM = 1_000

TASK_ENTRIES = 30
"""Inboxes that one task may be in: people, groups and watchers."""
TASK_ENTRIES_PER_INSTANCE = 60
"""Inboxes that the open tasks of one instance may be in, so that cancelling it is one transaction."""
TASK_RESPONSE_BYTES = 2 * KILOBYTE
"""A response, where several people respond: all of them are read again by the commit that decides."""
TASK_COMMENT_CHARACTERS = 2_000
TASK_COMMENTS = 100
TASK_QUESTIONS = 10
TASK_HOPS = 5
"""Hands through which the slot of one person may go."""
TASK_REMINDED: Millis = 4 * 60 * MINUTE
"""How long after a reminder by hand the next one may come."""
TASK_DONE_KEPT: Millis = 90 * 24 * 60 * MINUTE
"""How long a response is remembered for its repeat, and listed as done."""
