"""``files.listLabels`` and ``files.modifyLabels`` (facts A2, A6).

There is no Labels API here: any text is a label's id, and a field has the type that it is set with.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import bad_request
from google_drive_emulator.rendering.resources import label_resource
from google_drive_emulator.routes.access import require, visible_item
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.routes.paging import slice_of
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Label

_Date = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")]
_Integer = Annotated[str, Meta(pattern=r"^(0|-?[1-9]\d{0,18})\Z")]
_Address = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z")]
_Field = tuple[str, str, tuple[str, ...]]


class _FieldModification(msgspec.Struct, frozen=True, rename="camel"):
    field_id: str = ""
    set_date_values: tuple[_Date, ...] | None = None
    set_integer_values: tuple[_Integer | int, ...] | None = None
    set_selection_values: tuple[str, ...] | None = None
    set_text_values: tuple[str, ...] | None = None
    set_user_values: tuple[_Address, ...] | None = None
    unset_values: bool = False

    def field(self) -> _Field | None:
        """Return the field as it is to be; None when it is to be gone. Raises ``DriveError`` (400)."""
        wanted: Mapping[str, Sequence[str | int] | None] = {
            "dateString": self.set_date_values,
            "integer": self.set_integer_values,
            "selection": self.set_selection_values,
            "text": self.set_text_values,
            "user": self.set_user_values,
        }
        given = [(kind, values) for kind, values in wanted.items() if values is not None]
        if not self.field_id or len(given) + self.unset_values != 1:
            raise bad_request("A field modification needs a fieldId, and either values of one type or unsetValues.")
        if self.unset_values:
            return None
        kind, values = given[0]
        return self.field_id, kind, tuple(map(str, values))


class _LabelModification(msgspec.Struct, frozen=True, rename="camel"):
    label_id: str = ""
    field_modifications: tuple[_FieldModification, ...] = ()
    remove_label: bool = False


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    label_modifications: tuple[_LabelModification, ...] = ()


async def list_labels(state: EmulatorState, call: Call) -> Reply:
    """``GET files/{id}/listLabels``: the labels on a file."""
    size = call.params.bounded("maxResults", 100, 1, 100)
    item = visible_item(state, call, gated=False)
    require(state, call, item, "canReadLabels")
    labels, token = slice_of(state, call, item.traits.labels, size, f"labels of {item.id}")
    value: dict[str, Json] = {"kind": "drive#labelList", "labels": [label_resource(each) for each in labels]}
    if token is not None:
        value["nextPageToken"] = token
    return masked_reply(value, requested_mask(call, schema.LABEL_LIST, "*"))


async def modify_labels(state: EmulatorState, call: Call) -> Reply:
    """``POST files/{id}/modifyLabels``: put labels on a file, set their fields, take them off; all or nothing."""
    mask, body = requested_mask(call, schema.MODIFY_LABELS, "*"), await json_body(call, _Body)
    item = visible_item(state, call, gated=False)
    require(state, call, item, "canModifyLabels")
    labels = {label.id: label for label in item.traits.labels}
    modified: dict[str, Label] = {}
    for wanted in body.label_modifications:
        if not wanted.label_id:
            raise bad_request("A label modification needs a labelId.")
        modified.pop(wanted.label_id, None)
        held = labels.pop(wanted.label_id, Label(wanted.label_id))
        if not wanted.remove_label:
            labels[held.id] = modified[held.id] = _modified(held, wanted.field_modifications)
    if body.label_modifications:
        traits = replace(item.traits, labels=tuple(labels.values()))
        state.world.update(item.id, by=call.user, traits=traits)
    shown: list[Json] = [label_resource(label) for label in modified.values()]
    return masked_reply({"kind": "drive#modifyLabelsResponse", "modifiedLabels": shown}, mask)


def _modified(label: Label, modifications: Sequence[_FieldModification]) -> Label:
    fields = {field[0]: field for field in label.fields}
    for modification in modifications:
        field = modification.field()
        fields.pop(modification.field_id, None)
        if field is not None:
            fields[modification.field_id] = field
    return replace(label, fields=tuple(fields.values()))


ROUTES = (
    Route("files.listLabels", "GET", "/drive/v3/files/{file_id}/listLabels", list_labels),
    Route("files.modifyLabels", "POST", "/drive/v3/files/{file_id}/modifyLabels", modify_labels),
)
