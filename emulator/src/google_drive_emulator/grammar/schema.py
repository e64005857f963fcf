"""The names Drive knows: which fields each answer has, for validating masks (facts A3, A6).

A schema maps a field's name to the schema below it; a leaf maps to an empty one. Arrays are transparent.
"""

from collections.abc import Mapping
from typing import TypeAlias

Schema: TypeAlias = Mapping[str, "Schema"]

LEAF: Schema = {}


def fields_named(names: str, **nested: Schema) -> Schema:
    """Make a schema of leaves from a space-separated list, with deeper fields given by keyword."""
    return {**dict.fromkeys(names.split(), LEAF), **nested}


USER = fields_named("displayName emailAddress kind me permissionId photoLink")

PERMISSION = fields_named(
    "allowFileDiscovery deleted displayName domain emailAddress expirationTime id inheritedPermissionsDisabled"
    " kind pendingOwner photoLink role type view",
    permissionDetails=fields_named("inherited inheritedFrom permissionType role"),
    teamDrivePermissionDetails=fields_named("inherited inheritedFrom role teamDrivePermissionType"),
)

FILE_CAPABILITIES = fields_named(
    "canAcceptOwnership canAccessViaGenAi canAddChildren canAddFolderFromAnotherDrive canAddMyDriveParent"
    " canChangeCopyRequiresWriterPermission canChangeItemDownloadRestriction canChangeSecurityUpdateEnabled"
    " canChangeViewersCanCopyContent canComment canCopy canDelete canDeleteChildren"
    " canDisableInheritedPermissions canDownload canEdit canEnableInheritedPermissions canListChildren"
    " canModifyContent canModifyContentRestriction canModifyEditorContentRestriction canModifyLabels"
    " canModifyOwnerContentRestriction canMoveChildrenOutOfDrive canMoveChildrenOutOfTeamDrive"
    " canMoveChildrenWithinDrive canMoveChildrenWithinTeamDrive canMoveItemIntoTeamDrive canMoveItemOutOfDrive"
    " canMoveItemOutOfTeamDrive canMoveItemWithinDrive canMoveItemWithinTeamDrive canMoveTeamDriveItem"
    " canReadDrive canReadLabels canReadRevisions canReadTeamDrive canRemoveChildren"
    " canRemoveContentRestriction canRemoveMyDriveParent canRename canShare canStartApproval canTrash"
    " canTrashChildren canUntrash"
)

_DOWNLOAD_RESTRICTION = fields_named("restrictedForReaders restrictedForWriters")

FILE = fields_named(
    "appProperties copyRequiresWriterPermission createdTime description driveId explicitlyTrashed exportLinks"
    " fileExtension folderColorRgb fullFileExtension hasAugmentedPermissions hasThumbnail headRevisionId"
    " iconLink id inheritedPermissionsDisabled isAppAuthorized kind md5Checksum mimeType modifiedByMe"
    " modifiedByMeTime modifiedTime name originalFilename ownedByMe parents permissionIds properties"
    " quotaBytesUsed resourceKey sha1Checksum sha256Checksum shared sharedWithMeTime size spaces starred"
    " teamDriveId thumbnailLink thumbnailVersion trashed trashedTime version viewedByMe viewedByMeTime"
    " viewersCanCopyContent webContentLink webViewLink writersCanShare",
    capabilities=FILE_CAPABILITIES,
    clientEncryptionDetails=fields_named(
        "encryptionState",
        decryptionMetadata=fields_named(
            "aes256GcmChunkSize encryptionResourceKeyHash jwt kaclsId kaclsName keyFormat wrappedKey"
        ),
    ),
    contentHints=fields_named("indexableText", thumbnail=fields_named("image mimeType")),
    contentRestrictions=fields_named(
        "ownerRestricted readOnly reason restrictionTime systemRestricted type", restrictingUser=USER
    ),
    downloadRestrictions=fields_named(
        "",
        effectiveDownloadRestrictionWithContext=_DOWNLOAD_RESTRICTION,
        itemDownloadRestriction=_DOWNLOAD_RESTRICTION,
    ),
    imageMediaMetadata=fields_named(
        "aperture cameraMake cameraModel colorSpace exposureBias exposureMode exposureTime flashUsed"
        " focalLength height isoSpeed lens maxApertureValue meteringMode rotation sensor subjectDistance time"
        " whiteBalance width",
        location=fields_named("altitude latitude longitude"),
    ),
    labelInfo=fields_named("", labels=fields_named("fields id kind revisionId")),
    lastModifyingUser=USER,
    linkShareMetadata=fields_named("securityUpdateEligible securityUpdateEnabled"),
    owners=USER,
    permissions=PERMISSION,
    sharingUser=USER,
    shortcutDetails=fields_named("targetId targetMimeType targetResourceKey"),
    trashingUser=USER,
    videoMediaMetadata=fields_named("durationMillis height width"),
)

DRIVE = fields_named(
    "backgroundImageLink colorRgb createdTime hidden id kind name orgUnitId themeId",
    backgroundImageFile=fields_named("id width xCoordinate yCoordinate"),
    capabilities=fields_named(
        "canAddChildren canChangeCopyRequiresWriterPermissionRestriction"
        " canChangeDomainUsersOnlyRestriction canChangeDownloadRestriction canChangeDriveBackground"
        " canChangeDriveMembersOnlyRestriction canChangeSharingFoldersRequiresOrganizerPermissionRestriction"
        " canComment canCopy canDeleteChildren canDeleteDrive canDownload canEdit canListChildren"
        " canManageMembers canReadRevisions canRename canRenameDrive canResetDriveRestrictions canShare"
        " canTrashChildren"
    ),
    restrictions=fields_named(
        "adminManagedRestrictions copyRequiresWriterPermission domainUsersOnly driveMembersOnly"
        " sharingFoldersRequiresOrganizerPermission",
        downloadRestriction=_DOWNLOAD_RESTRICTION,
    ),
)

CHANGE = fields_named(
    "changeType driveId fileId kind removed teamDriveId time type", drive=DRIVE, file=FILE, teamDrive=DRIVE
)

ABOUT = fields_named(
    "appInstalled canCreateDrives canCreateTeamDrives exportFormats folderColorPalette importFormats kind"
    " maxImportSizes maxUploadSize",
    driveThemes=fields_named("backgroundImageLink colorRgb id"),
    teamDriveThemes=fields_named("backgroundImageLink colorRgb id"),
    storageQuota=fields_named("limit usage usageInDrive usageInDriveTrash"),
    user=USER,
)

FILE_LIST = fields_named("incompleteSearch kind nextPageToken", files=FILE)
CHANGE_LIST = fields_named("kind newStartPageToken nextPageToken", changes=CHANGE)
START_PAGE_TOKEN = fields_named("kind startPageToken")
PERMISSION_LIST = fields_named("kind nextPageToken", permissions=PERMISSION)
DRIVE_LIST = fields_named("kind nextPageToken", drives=DRIVE)
