"""The rare fields of scenarios' items: how they are written in, the world's traits out."""

from google_drive_emulator.scenario.format import DocumentPart, FilePart, FolderPart, ItemPart, LabelPart
from google_drive_emulator.world.items import NO_TRAITS, Label, Traits


def traits_of(part: ItemPart, text: str = "") -> Traits:
    """Return what few items have; ``text`` is what a document says at first."""
    traits = Traits(
        properties=tuple(sorted(part.properties.items())),
        app_properties=tuple(sorted(part.app_properties.items())),
        labels=tuple(_label(each) for each in part.labels),
        copy_requires_writer=isinstance(part, FilePart | DocumentPart) and part.copy_requires_writer_permission,
        writers_can_share=part.writers_can_share,
        is_abusive=isinstance(part, FilePart) and part.abusive,
        downloads_exceeded=isinstance(part, FilePart) and part.downloads_exceeded,
        resource_key=part.resource_key,
        folder_color=part.folder_color_rgb if isinstance(part, FolderPart) else None,
        text=(text or None) if isinstance(part, DocumentPart) else None,
    )
    return NO_TRAITS if traits == NO_TRAITS else traits


def _label(part: LabelPart) -> Label:
    fields = (
        (field_id, kind, values) for field_id, typed in part.fields.items() for kind, values in list(typed.items())[:1]
    )
    return Label(part.id, part.revision_id, tuple(fields))
