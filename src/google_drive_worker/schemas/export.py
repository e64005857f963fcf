"""The wire contracts as JSON Schema.

In: the structs of this package. Out: one document a contract, for readers in any language; all of them as files by
`python -m google_drive_worker.schemas.export docs/schemas`. Fields that are not named are allowed everywhere.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from clustera_toolkit.message import Envelope
from google_drive_worker.schemas.event import ErrorRecord, SyncEvent
from google_drive_worker.schemas.listed import (
    CommentData,
    DriveData,
    ManifestData,
    PermissionData,
    PermissionSetData,
    RevisionData,
)
from google_drive_worker.schemas.record import DeletedData, FileData, ResourceType, SnapshotData, Source
from google_drive_worker.schemas.state import CorpusState, JobState
from google_drive_worker.schemas.trigger import ConnectionConfig, Trigger
from google_drive_worker.schemas.webhook import Webhook

Json = dict[str, Any]

DATA = (
    FileData,
    PermissionSetData,
    PermissionData,
    RevisionData,
    CommentData,
    DriveData,
    ManifestData,
    SnapshotData,
    DeletedData,
)
"""What a record's `data` may be."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/{name}"
_NULL: Json = {"type": "null"}


def documents() -> dict[str, Json]:
    """Every schema, by the name of its file."""
    return {
        "trigger": _trigger(),
        "webhook": _document(Webhook),
        "record": _record(),
        "event": _document(SyncEvent),
        "error": _document(ErrorRecord),
        "state": _document(JobState, CorpusState),
    }


def write(directory: Path) -> None:
    """Write all schemas into a directory, which is made if need be. Raises `OSError`."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        (directory / f"{name}.schema.json").write_bytes(rendered(document))


def rendered(document: Mapping[str, Any]) -> bytes:
    """A schema as it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _document(*alternatives: Any, parts: Sequence[Any] = ()) -> Json:
    """One of the alternatives; `parts` are defined with them, for whoever refers to them."""
    found, components = msgspec.json.schema_components([*alternatives, *parts], ref_template=_REFERENCE)
    roots = found[: len(alternatives)]
    root: Json = roots[0] if len(roots) == 1 else {"anyOf": list(roots)}
    return {"$schema": DIALECT, **root, "$defs": components}


def _trigger() -> Json:
    """A trigger's settings are kept as received, but not any settings are accepted."""
    document = _document(Trigger, parts=[ConnectionConfig])
    properties = document["$defs"]["Trigger"]["properties"]
    properties["connection_config"] = {"anyOf": [_reference(ConnectionConfig), _NULL], "default": None}
    return document


def _record() -> Json:
    """The envelope with what this integration puts into it; every field of it is always there."""
    hints = get_type_hints(Envelope)
    fields = [(name, Any if hints[name] is msgspec.Raw else hints[name]) for name in Envelope.__struct_fields__]
    envelope = msgspec.defstruct("Record", fields, namespace={"__doc__": "One record of a resource."})
    document = _document(envelope, parts=[Source, ResourceType, *DATA])
    document["$defs"]["Record"]["properties"].update(
        source=_reference(Source),
        resource_type=_reference(ResourceType),
        data={"anyOf": [*map(_reference, DATA), _NULL]},
    )
    return document


def _reference(part: type[Any]) -> Json:
    return {"$ref": _REFERENCE.format(name=part.__name__)}


def main(arguments: Sequence[str]) -> str | None:
    """Write the schemas where the one argument says; what is wrong, or None."""
    if len(arguments) != 1:
        return "usage: python -m google_drive_worker.schemas.export DIRECTORY"
    try:
        write(Path(arguments[0]))
    except OSError as error:
        return f"the schemas cannot be written to {arguments[0]}: {error.strerror}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
