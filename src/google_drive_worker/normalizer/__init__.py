"""Drive JSON to record data.

In: decoded resources of Drive's, or the raw JSON of one. Out: the structs of `schemas/record.py`, with the worker's
names. Pure: no clock, no I/O. What Drive left out stays out (facts A6): a default would turn "not visible to this
account" into "empty".

`files` is the hot path, `lists` what hangs below a file, `drives` a shared drive, `names` how keys are renamed.
"""

from google_drive_worker.normalizer.drives import drive_data
from google_drive_worker.normalizer.files import file_data, resource_type
from google_drive_worker.normalizer.lists import comment_data, grant, permission_data, revision_data
from google_drive_worker.normalizer.names import rename_keys, snake_case

__all__ = [
    "comment_data",
    "drive_data",
    "file_data",
    "grant",
    "permission_data",
    "rename_keys",
    "resource_type",
    "revision_data",
    "snake_case",
]
