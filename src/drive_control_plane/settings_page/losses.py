"""What consumers lose by other settings: former and new ones in; sentences out. Pure.

Other `corpora` or `selected_folders` start a new snapshot, whose end tells consumers that what is no longer wanted is
gone (docs/contracts.md, "Trigger").
"""

from collections.abc import Iterator, Mapping

from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.security.secrets import hash_of

MOST_NAMED = 20


def losses(former: ConnectionSettings, new: ConnectionSettings, names: Mapping[str, str]) -> list[str]:
    """What is followed now and will not be."""
    return [*_folders(former, new, names), *_user(former, new), *_drives(former, new, names)]


def mark_of(sentences: list[str]) -> str:
    """What a form sends along to say that these very losses were read."""
    return hash_of("\n".join(sentences))


def _folders(former: ConnectionSettings, new: ConnectionSettings, names: Mapping[str, str]) -> Iterator[str]:
    if not new.selected_folders:
        return
    if not former.selected_folders:
        yield "everything that does not lie in or below the chosen folders"
        return
    kept = set(new.selected_folders)
    dropped = [each for each in former.selected_folders if each not in kept]
    for folder_id in dropped[:MOST_NAMED]:
        yield f"the folder “{names.get(folder_id, folder_id)}” and what lies below it, unless below another chosen one"
    yield from _more(len(dropped), "folders")


def _user(former: ConnectionSettings, new: ConnectionSettings) -> Iterator[str]:
    match former.corpora.user, new.corpora.user:
        case ("all", "none") | ("owned", "none"):
            yield "the person's own files, and what is shared with them"
        case ("all", "owned"):
            yield "files of others that are shared with the person"


def _drives(former: ConnectionSettings, new: ConnectionSettings, names: Mapping[str, str]) -> Iterator[str]:
    before, after = former.corpora.drives, new.corpora.drives
    if before in ("none", after) or after == "all":
        return
    if after == "none":
        yield "all shared drives"
    elif before == "all":
        yield "all shared drives but the chosen ones"
    else:
        dropped = [each for each in before if each not in after]
        yield from (f"the shared drive “{names.get(each, each)}”" for each in dropped[:MOST_NAMED])
        yield from _more(len(dropped), "shared drives")


def _more(count: int, what: str) -> Iterator[str]:
    if count > MOST_NAMED:
        yield f"{count - MOST_NAMED} {what} more"
