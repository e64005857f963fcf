"""The emulator's own tables against Google's discovery documents."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.emulator.discovery import document

from google_drive_emulator.grammar import schema

ANSWERS: Mapping[str, Mapping[str, schema.Schema]] = {
    "drive": {
        "About": schema.ABOUT,
        "AccessProposal": schema.ACCESS_PROPOSAL,
        "Change": schema.CHANGE,
        "ChangeList": schema.CHANGE_LIST,
        "Channel": schema.CHANNEL,
        "Comment": schema.COMMENT,
        "CommentList": schema.COMMENT_LIST,
        "Drive": schema.DRIVE,
        "DriveList": schema.DRIVE_LIST,
        "File": schema.FILE,
        "FileList": schema.FILE_LIST,
        "GeneratedIds": schema.GENERATED_IDS,
        "Label": schema.LABEL,
        "LabelList": schema.LABEL_LIST,
        "ListAccessProposalsResponse": schema.ACCESS_PROPOSAL_LIST,
        "ModifyLabelsResponse": schema.MODIFY_LABELS,
        "Operation": schema.OPERATION,
        "Permission": schema.PERMISSION,
        "PermissionList": schema.PERMISSION_LIST,
        "Reply": schema.REPLY,
        "ReplyList": schema.REPLY_LIST,
        "Revision": schema.REVISION,
        "RevisionList": schema.REVISION_LIST,
        "StartPageToken": schema.START_PAGE_TOKEN,
        "TeamDrive": schema.TEAM_DRIVE,
        "TeamDriveList": schema.TEAM_DRIVE_LIST,
        "User": schema.USER,
    },
    "driveactivity": {
        "DriveActivity": schema.ACTIVITY,
        "QueryDriveActivityResponse": schema.ACTIVITY_RESPONSE,
    },
    "directory": {
        "Group": schema.DIRECTORY_GROUP,
        "Groups": schema.GROUPS,
        "Member": schema.DIRECTORY_MEMBER,
        "Members": schema.MEMBERS,
        "MembersHasMember": schema.HAS_MEMBER,
        "User": schema.DIRECTORY_USER,
        "Users": schema.USERS,
    },
}


@pytest.mark.parametrize(("api", "name"), [(api, name) for api, names in ANSWERS.items() for name in names])
def test_masks_know_the_fields_that_google_documents(api: str, name: str) -> None:
    """The names that a mask may have are those of the discovery document, at every depth."""
    documented = names_of(document(api)["schemas"][name], document(api)["schemas"])
    assert ANSWERS[api][name] == documented


def names_of(node: Mapping[str, Any], schemas: Mapping[str, Any]) -> schema.Schema:
    """Return the field names of a JSON schema and those below them; what maps free names is a leaf."""
    if "$ref" in node:
        return names_of(schemas[node["$ref"]], schemas)
    if node["type"] == "array":
        return names_of(node["items"], schemas)
    return {name: names_of(below, schemas) for name, below in node.get("properties", {}).items()}
