"""The ``fields`` parameter of a method: its default, its errors, its effect on an answer (facts A3)."""

from google_drive_emulator.grammar.fields import InvalidFieldSelectionError, Json, Mask, compile_projector, parse_mask
from google_drive_emulator.grammar.schema import Schema
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.http.errors import fields_required, invalid_field_selection


def requested_mask(call: Call, schema: Schema, default: str) -> Mask:
    """Return the mask of a call, or the method's default. Raises ``DriveError``."""
    text = call.params.text("fields")
    try:
        return parse_mask(default if text is None else text, schema)
    except InvalidFieldSelectionError as error:
        raise invalid_field_selection(error.selection) from None


def mandatory_mask(call: Call, schema: Schema) -> Mask:
    """Return the mask of a call to a method that insists on one. Raises ``DriveError``."""
    if not (call.params.text("fields") or "").strip():
        raise fields_required()
    return requested_mask(call, schema, "*")


def masked_reply(value: Json, mask: Mask) -> Reply:
    """Reply with the selected fields of a value."""
    return json_reply(compile_projector(mask)(value))
