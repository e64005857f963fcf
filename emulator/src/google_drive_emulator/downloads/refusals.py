"""Google's refusals of a file's bytes (facts A10, C2). Each function makes one error."""

from google_drive_emulator.http.errors import DriveError, bad_request, forbidden


def not_downloadable() -> DriveError:
    """A document, folder or shortcut, which has no bytes: 403 ``fileNotDownloadable``."""
    message = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
    return forbidden("fileNotDownloadable", message, "alt")


def download_forbidden() -> DriveError:
    """A file that the user may see but not download: 403 ``cannotDownloadFile``."""
    return forbidden("cannotDownloadFile", "This file cannot be downloaded by the user.")


def is_abusive() -> DriveError:
    """A file taken for malware: 403 ``cannotDownloadAbusiveFile``."""
    message = "This file has been identified as malware or spam and cannot be downloaded."
    return forbidden("cannotDownloadAbusiveFile", message)


def downloads_exceeded() -> DriveError:
    """A file downloaded too often: 403 ``downloadQuotaExceeded``."""
    return forbidden("downloadQuotaExceeded", "The download quota for this file has been exceeded.")


def revision_restricted() -> DriveError:
    """A past content that is not kept forever: 403 ``download_restricted_for_revision`` (facts A8)."""
    message = "This revision cannot be downloaded by the authenticated user."
    return forbidden("download_restricted_for_revision", message)


def not_exportable(*, is_video: bool) -> DriveError:
    """A file that is no document, or one of Google Vids: 403 ``fileNotExportable``."""
    message = "Google Vids does not support files.export. Use files.download with Vids files."
    return forbidden("fileNotExportable", message if is_video else "Export only supports Docs Editors files.")


def export_forbidden() -> DriveError:
    """A document that the user may see but not export: 403 ``cannotExportFile``."""
    return forbidden("cannotExportFile", "This file cannot be exported by the user.")


def export_too_large() -> DriveError:
    """An export above 10 MB: 403 ``exportSizeLimitExceeded``."""
    return forbidden("exportSizeLimitExceeded", "This file is too large to be exported.")


def conversion_unsupported() -> DriveError:
    """A document that cannot become the type asked for: 400 ``badRequest``."""
    return DriveError(400, "The requested conversion is not supported.", "badRequest", "convertTo")


def invalid_argument(message: str) -> DriveError:
    """A request that ``files.download`` cannot carry out: 400 INVALID_ARGUMENT, in the shape of google.rpc."""
    error = bad_request(message)
    error.bare = True
    return error


def operation_not_found(name: str) -> DriveError:
    """An operation that is not known, or that was of another user: 404 NOT_FOUND, in the shape of google.rpc."""
    return DriveError(404, f"Operation not found: {name}", "notFound", bare=True)
