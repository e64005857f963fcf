"""Changes in words. In: a change's kind, an item's type. Out: what stands in a table for people."""

from drive_control_plane.recent.changes import Kind

KINDS = {
    Kind.ADDED: "Added",
    Kind.CHANGED: "Changed",
    Kind.TRASHED: "In the trash",
    Kind.REMOVED: "Deleted, or shared no more",
    Kind.LEFT: "Moved out of what is followed",
    Kind.COMMENTED: "Comment",
    Kind.COMMENT_DELETED: "Comment deleted",
}
_GOOGLE = "application/vnd.google-apps."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_TYPES = {
    f"{_GOOGLE}folder": "Folder",
    f"{_GOOGLE}shortcut": "Shortcut",
    f"{_GOOGLE}document": "Google Docs",
    f"{_GOOGLE}spreadsheet": "Google Sheets",
    f"{_GOOGLE}presentation": "Google Slides",
    f"{_GOOGLE}form": "Google Forms",
    f"{_GOOGLE}drawing": "Google Drawings",
    f"{_GOOGLE}script": "Apps Script",
    f"{_GOOGLE}site": "Google Sites",
    f"{_OFFICE}wordprocessingml.document": "Word",
    f"{_OFFICE}spreadsheetml.sheet": "Excel",
    f"{_OFFICE}presentationml.presentation": "PowerPoint",
    "application/pdf": "PDF",
    "application/zip": "ZIP archive",
    "text/plain": "Text",
    "text/csv": "CSV",
}
_FAMILIES = {"image": "Image", "video": "Video", "audio": "Sound", "text": "Text"}


def type_in_words(resource_type: str, mime_type: str | None) -> str:
    """An item's type; of what was removed Drive does not even say whether it was a folder."""
    if mime_type is None:
        return "Folder" if resource_type == "folder" else "–"
    return _TYPES.get(mime_type) or _FAMILIES.get(mime_type.partition("/")[0]) or "File"
