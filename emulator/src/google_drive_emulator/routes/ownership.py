"""Who may own an item: an item of My Drive and a user in, the new owner or Google's refusal out (facts A7, C2).

Within a domain ownership goes over at once; between consumer accounts it is offered first, and the other one takes it.
"""

from google_drive_emulator.http.errors import DriveError, forbidden
from google_drive_emulator.world.accounts import is_service_account
from google_drive_emulator.world.items import Item, User

_CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com"})


def is_consumer(user: User) -> bool:
    """Tell whether a user belongs to no organisation."""
    return user.domain in _CONSUMER_DOMAINS


def new_owner(item: Item, user: User | None, *, accepts: bool = False) -> User:
    """Return who is to own an item, if that may be; ``accepts`` of one to whom it is or was offered.

    Raises ``DriveError``.
    """
    if user is None or item.owner is None or is_service_account(user):
        raise sharing_refused("ACL change not allowed.")
    if is_consumer(user) and is_consumer(item.owner):
        if not accepts:
            message = "Consent is required to transfer ownership of a file to another user."
            raise forbidden("consentRequiredForOwnershipTransfer", message)
    elif user.domain != item.owner.domain:
        message = "Ownership can only be transferred to another user in the same organization as the current owner."
        raise DriveError(400, message, "ownershipChangeAcrossDomainNotPermitted")
    return user


def check_acknowledged(*, acknowledged: bool, role: str | None) -> None:
    """Refuse a transfer without ``transferOwnership``, and that parameter without a transfer. Raises ``DriveError``."""
    if acknowledged != (role == "owner"):
        message = "The transferOwnership parameter must be enabled when the permission role is 'owner'."
        raise forbidden("forbidden", message, "transferOwnership")


def sharing_refused(user_message: str) -> DriveError:
    """400 ``invalidSharingRequest`` with what a user would be told (facts C2)."""
    return DriveError(400, f'Bad Request. User message: "{user_message}"', "invalidSharingRequest")
