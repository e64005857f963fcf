"""Google's refusals of writes to files (facts A6, A11, C2). Each function makes one error."""

from google_drive_emulator.http.errors import DriveError, bad_request, forbidden

_DEPTH_HELP = "https://developers.google.com/workspace/drive/api/guides/handle-errors#nested-folder-levels"


def field_not_writable(
    message: str = "The resource body includes fields which are not directly writable.",
) -> DriveError:
    """A field that clients cannot set: 403 ``fieldNotWritable``."""
    return forbidden("fieldNotWritable", message)


def id_not_usable() -> DriveError:
    """An id that ``files.generateIds`` did not give to this user for this kind of file: 400 ``fileIdNotUsable``."""
    return DriveError(400, "The provided file ID is not usable.", "fileIdNotUsable")


def id_taken() -> DriveError:
    """An id that a file has or had: 409 ``duplicate``."""
    return DriveError(409, "A file already exists with the provided ID.", "duplicate")


def conversion_unsupported() -> DriveError:
    """An upload that cannot become the kind of document that is wanted: 400 ``badRequest``."""
    return bad_request("The requested conversion is not supported.")


def import_too_large() -> DriveError:
    """An upload too large to become a document: 413 ``uploadTooLarge``."""
    return DriveError(413, "The file is too large to be converted to the requested type.", "uploadTooLarge")


def no_content() -> DriveError:
    """Bytes for what has none, a folder or shortcut: 400 ``badRequest``."""
    return bad_request("Folders and shortcuts cannot have content.")


def not_a_folder() -> DriveError:
    """A parent that is no folder: 403 ``parentNotAFolder``."""
    return forbidden("parentNotAFolder", "The specified parent is not a folder.")


def insufficient_parent() -> DriveError:
    """A parent that the user may not add to: 403 ``insufficientParentPermissions``."""
    return forbidden("insufficientParentPermissions", "Insufficient permissions for the specified parent.")


def too_many_parents() -> DriveError:
    """A second parent in My Drive: 403 ``cannotAddParent``."""
    return forbidden("cannotAddParent", "Increasing the number of parents is not allowed")


def one_parent_only() -> DriveError:
    """No parent, or a second one, in a shared drive: 403 ``teamDrivesParentLimit``."""
    return forbidden("teamDrivesParentLimit", "A shared drive item must have exactly one parent.")


def cyclic_parents() -> DriveError:
    """A folder below itself: 400 ``badRequest``."""
    return bad_request("The specified parent would create a cycle in the directory graph.")


def cannot_copy() -> DriveError:
    """A folder, or what the user may not copy: 403 ``cannotCopyFile``."""
    return forbidden("cannotCopyFile", "This file cannot be copied by the user.")


def target_invalid() -> DriveError:
    """A shortcut to a shortcut: 403 ``shortcutTargetInvalid``."""
    return forbidden("shortcutTargetInvalid", "The shortcut target is not valid: it is a shortcut itself.")


def folder_move_in() -> DriveError:
    """A folder of My Drive on its way into a shared drive: 403 ``teamDrivesFolderMoveInNotSupported``."""
    return forbidden("teamDrivesFolderMoveInNotSupported", "Moving folders into shared drives is not supported.")


def owner_not_member() -> DriveError:
    """A file moved into a drive that its owner is no member of: 403 ``fileOwnerNotMemberOfTeamDrive``."""
    return forbidden(
        "fileOwnerNotMemberOfTeamDrive",
        "Cannot move a file into a shared drive as a writer when the owner of the file is not a member of that shared"
        " drive.",
    )


def writer_move_in() -> DriveError:
    """A file moved into a drive by a writer, which the domain forbids: 403 ``fileWriterTeamDriveMoveInDisabled``."""
    return forbidden(
        "fileWriterTeamDriveMoveInDisabled",
        "The domain administrator has not allowed writers to move items into a shared drive.",
    )


def owns_nothing() -> DriveError:
    """A service account that would own a file: 403 ``storageQuotaExceeded``."""
    return forbidden(
        "storageQuotaExceeded",
        "Service Accounts do not have storage quota. Leverage shared drives"
        " (https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth delegation"
        " (http://support.google.com/a/answer/7281227) instead.",
    )


def folder_full() -> DriveError:
    """A folder with too many children: 403 ``numChildrenInNonRootLimitExceeded``."""
    message = "The limit for this folder's number of children (files and folders) has been exceeded."
    return forbidden("numChildrenInNonRootLimitExceeded", message)


def drive_full() -> DriveError:
    """A shared drive with too many items: 403 ``teamDriveFileLimitExceeded``."""
    return forbidden("teamDriveFileLimitExceeded", "The file limit for this shared drive has been exceeded.")


def too_deep(levels: int, *, in_drive: bool) -> DriveError:
    """A folder below too many others: 403 ``teamDriveHierarchyTooDeep`` or ``myDriveHierarchyDepthLimitExceeded``."""
    if in_drive:
        return forbidden("teamDriveHierarchyTooDeep", "The shared drive hierarchy depth will exceed the limit.")
    message = f"Your My Drive can't contain more than {levels} levels of folders. For details, see {_DEPTH_HELP}."
    return forbidden("myDriveHierarchyDepthLimitExceeded", message)


def too_much_today() -> DriveError:
    """More uploaded in a day than a user may: 403 ``userRateLimitExceeded``, in other words than the usual ones."""
    return DriveError(403, "User rate limit exceeded.", "userRateLimitExceeded", domain="usageLimits")


def too_many_properties(message: str) -> DriveError:
    """More properties, or longer ones, than a file can have: 400 ``badRequest``."""
    return bad_request(message)
