"""The names Google's APIs know: which fields each answer has, for validating masks (facts A3, A6).

A schema maps a field's name to the schema below it; a leaf maps to an empty one. Arrays are transparent, and what
maps free names to values (``properties``, ``exportLinks``) is a leaf. The names are those of Google's discovery
documents.
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

LABEL = fields_named("fields id kind revisionId")

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
    labelInfo=fields_named("", labels=LABEL),
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

TEAM_DRIVE = fields_named(
    "backgroundImageLink colorRgb createdTime id kind name orgUnitId themeId",
    backgroundImageFile=fields_named("id width xCoordinate yCoordinate"),
    capabilities=fields_named(
        "canAddChildren canChangeCopyRequiresWriterPermissionRestriction"
        " canChangeDomainUsersOnlyRestriction canChangeDownloadRestriction"
        " canChangeSharingFoldersRequiresOrganizerPermissionRestriction canChangeTeamDriveBackground"
        " canChangeTeamMembersOnlyRestriction canComment canCopy canDeleteChildren canDeleteTeamDrive canDownload"
        " canEdit canListChildren canManageMembers canReadRevisions canRemoveChildren canRename"
        " canRenameTeamDrive canResetTeamDriveRestrictions canShare canTrashChildren"
    ),
    restrictions=fields_named(
        "adminManagedRestrictions copyRequiresWriterPermission domainUsersOnly"
        " sharingFoldersRequiresOrganizerPermission teamMembersOnly",
        downloadRestriction=_DOWNLOAD_RESTRICTION,
    ),
)
"""A shared drive by its former name."""

CHANGE = fields_named(
    "changeType driveId fileId kind removed teamDriveId time type", drive=DRIVE, file=FILE, teamDrive=TEAM_DRIVE
)

REVISION = fields_named(
    "exportLinks id keepForever kind md5Checksum mimeType modifiedTime originalFilename publishAuto published"
    " publishedLink publishedOutsideDomain size",
    lastModifyingUser=USER,
)

REPLY = fields_named(
    "action assigneeEmailAddress content createdTime deleted htmlContent id kind mentionedEmailAddresses modifiedTime",
    author=USER,
)

COMMENT = fields_named(
    "anchor assigneeEmailAddress content createdTime deleted htmlContent id kind mentionedEmailAddresses"
    " modifiedTime resolved",
    author=USER,
    quotedFileContent=fields_named("mimeType value"),
    replies=REPLY,
)

CHANNEL = fields_named("address expiration id kind params payload resourceId resourceUri token type")
OPERATION = fields_named("done metadata name response", error=fields_named("code details message"))
GENERATED_IDS = fields_named("ids kind space")
ACCESS_PROPOSAL = fields_named(
    "createTime fileId proposalId recipientEmailAddress requestMessage requesterEmailAddress",
    rolesAndViews=fields_named("role view"),
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
TEAM_DRIVE_LIST = fields_named("kind nextPageToken", teamDrives=TEAM_DRIVE)
REVISION_LIST = fields_named("kind nextPageToken", revisions=REVISION)
COMMENT_LIST = fields_named("kind nextPageToken", comments=COMMENT)
REPLY_LIST = fields_named("kind nextPageToken", replies=REPLY)
LABEL_LIST = fields_named("kind nextPageToken", labels=LABEL)
MODIFY_LABELS = fields_named("kind", modifiedLabels=LABEL)
ACCESS_PROPOSAL_LIST = fields_named("nextPageToken", accessProposals=ACCESS_PROPOSAL)

_ACTIVITY_USER = fields_named("deletedUser unknownUser", knownUser=fields_named("isCurrentUser personName"))
_REFERENCE = fields_named("name title")
_DRIVE_FOLDER = fields_named("type")
_OWNER = fields_named(
    "",
    domain=fields_named("legacyId name"),
    drive=_REFERENCE,
    teamDrive=_REFERENCE,
    user=_ACTIVITY_USER,
)
_DRIVE_ITEM_REFERENCE = fields_named("driveFile file name title", driveFolder=_DRIVE_FOLDER, folder=_DRIVE_FOLDER)
_DRIVE_ITEM = fields_named(
    "driveFile file mimeType name title", driveFolder=_DRIVE_FOLDER, folder=_DRIVE_FOLDER, owner=_OWNER
)
_TARGET_REFERENCE = fields_named("", drive=_REFERENCE, driveItem=_DRIVE_ITEM_REFERENCE, teamDrive=_REFERENCE)
_TARGET_DRIVE = fields_named("name title", root=_DRIVE_ITEM)
_TARGET = fields_named(
    "",
    drive=_TARGET_DRIVE,
    driveItem=_DRIVE_ITEM,
    fileComment=fields_named("legacyCommentId legacyDiscussionId linkToDiscussion", parent=_DRIVE_ITEM),
    teamDrive=_TARGET_DRIVE,
)
_ACTIVITY_PERMISSION = fields_named(
    "allowDiscovery anyone role",
    domain=fields_named("legacyId name"),
    group=fields_named("email title"),
    user=_ACTIVITY_USER,
)
_ONE_VALUE = fields_named("value")
_SELECTION = fields_named("displayName value")
_FIELD_VALUE = fields_named(
    "",
    date=_ONE_VALUE,
    integer=_ONE_VALUE,
    selection=_SELECTION,
    selectionList=fields_named("", values=_SELECTION),
    text=_ONE_VALUE,
    textList=fields_named("", values=_ONE_VALUE),
    user=_ONE_VALUE,
    userList=fields_named("", values=_ONE_VALUE),
)
_ACTION_DETAIL = fields_named(
    "edit",
    appliedLabelChange=fields_named(
        "",
        changes=fields_named(
            "label title types",
            fieldChanges=fields_named("displayName fieldId", newValue=_FIELD_VALUE, oldValue=_FIELD_VALUE),
        ),
    ),
    comment=fields_named(
        "",
        assignment=fields_named("subtype", assignedUser=_ACTIVITY_USER),
        mentionedUsers=_ACTIVITY_USER,
        post=fields_named("subtype"),
        suggestion=fields_named("subtype"),
    ),
    create=fields_named("new upload", copy=fields_named("", originalObject=_TARGET_REFERENCE)),
    delete=fields_named("type"),
    dlpChange=fields_named("type"),
    move=fields_named("", addedParents=_TARGET_REFERENCE, removedParents=_TARGET_REFERENCE),
    permissionChange=fields_named("", addedPermissions=_ACTIVITY_PERMISSION, removedPermissions=_ACTIVITY_PERMISSION),
    reference=fields_named("type"),
    rename=fields_named("newTitle oldTitle"),
    restore=fields_named("type"),
    settingsChange=fields_named("", restrictionChanges=fields_named("feature newRestriction")),
)
_ACTOR = fields_named(
    "administrator anonymous",
    impersonation=fields_named("", impersonatedUser=_ACTIVITY_USER),
    system=fields_named("type"),
    user=_ACTIVITY_USER,
)
_TIME_RANGE = fields_named("endTime startTime")

ACTIVITY = fields_named(
    "timestamp",
    actions=fields_named("timestamp", actor=_ACTOR, detail=_ACTION_DETAIL, target=_TARGET, timeRange=_TIME_RANGE),
    actors=_ACTOR,
    primaryActionDetail=_ACTION_DETAIL,
    targets=_TARGET,
    timeRange=_TIME_RANGE,
)
ACTIVITY_RESPONSE = fields_named("nextPageToken", activities=ACTIVITY)

DIRECTORY_USER = fields_named(
    "addresses agreedToTerms aliases archivalTime archived changePasswordAtNextLogin creationTime customSchemas"
    " customerId deletionTime emails etag externalIds gender hashFunction id ims includeInGlobalAddressList"
    " ipWhitelisted isAdmin isDelegatedAdmin isEnforcedIn2Sv isEnrolledIn2Sv isGuestUser isMailboxSetup keywords"
    " kind languages lastLoginTime locations nonEditableAliases notes orgUnitPath organizations password phones"
    " posixAccounts primaryEmail recoveryEmail recoveryPhone relations sshPublicKeys suspended suspensionReason"
    " suspensionTime thumbnailPhotoEtag thumbnailPhotoUrl websites",
    guestAccountInfo=fields_named("primaryGuestEmail"),
    name=fields_named("displayName familyName fullName givenName"),
)
DIRECTORY_GROUP = fields_named(
    "adminCreated aliases description directMembersCount email etag id kind name nonEditableAliases",
    externalIds=fields_named("id namespace"),
)
DIRECTORY_MEMBER = fields_named("delivery_settings email etag id kind role status type")
USERS = fields_named("etag kind nextPageToken trigger_event", users=DIRECTORY_USER)
GROUPS = fields_named("etag kind nextPageToken", groups=DIRECTORY_GROUP)
MEMBERS = fields_named("etag kind nextPageToken", members=DIRECTORY_MEMBER)
HAS_MEMBER = fields_named("isMember")
