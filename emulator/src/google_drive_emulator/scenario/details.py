"""What scenarios say of an item once it is there: permissions, locks, comments, marks in; all of it done out."""

from msgspec.structs import replace

from google_drive_emulator.scenario.format import CommentPart, DocumentPart, FilePart, ItemPart, ReplyPart
from google_drive_emulator.scenario.grants import permissions
from google_drive_emulator.scenario.stage import ScenarioError, Stage
from google_drive_emulator.world.commenting import add_comment, add_reply, delete_comment, delete_reply
from google_drive_emulator.world.items import Item, Restriction, User


class Detailing:
    """Completes one item; ``owner`` is who does what the scenario says nobody else does."""

    def __init__(self, stage: Stage, item_id: str, owner: User, place: str) -> None:
        self._stage = stage
        self._world = stage.world
        self._item_id = item_id
        self._owner = owner
        self._place = place

    def apply(self, part: ItemPart) -> None:
        """Do all that a part says. Raises ``ScenarioError`` and ``MutationError``."""
        item = self._item()
        self._stage.go_to(max(item.created_ms, item.modified_ms))
        self._share(part, item)
        if isinstance(part, FilePart | DocumentPart):
            self._lock(part)
            for number, comment in enumerate(part.comments):
                self._comment(comment, f"{self._place}.comments[{number}]")
        self._mark(part)
        if part.trashed or part.trashed_time is not None:
            here = f"{self._place}.trashedTime"
            self._stage.go_to(self._stage.moment(part.trashed_time, self._stage.now_ms, here))
            self._world.trash(self._item_id, by=self._owner)

    def _item(self) -> Item:
        item = self._world.stored(self._item_id)
        if item is None:
            raise ScenarioError(self._place, "this went with something that was deleted")
        return item

    def _share(self, part: ItemPart, item: Item) -> None:
        given = permissions(self._stage, part.permissions, item, f"{self._place}.permissions")
        if given:
            self._world.update(self._item_id, by=self._owner, permissions=(*item.permissions, *given))
        if part.inherited_permissions_disabled:
            self._world.limit(self._item_id, limited=True, by=self._owner)

    def _lock(self, part: FilePart | DocumentPart) -> None:
        locks = tuple(
            Restriction(True, each.reason, each.owner_restricted, self._owner, self._world.clock())
            for each in part.content_restrictions
        )
        if locks:
            self._world.update(self._item_id, by=self._owner, traits=replace(self._item().traits, restrictions=locks))

    def _comment(self, part: CommentPart, place: str) -> None:
        author = self._stage.user(part.author, f"{place}.author")
        self._stage.go_to(self._stage.moment(part.created_time, self._world.clock(), f"{place}.createdTime"))
        quoted = None if part.quoted is None else ("text/plain", part.quoted)
        made = add_comment(
            self._world,
            self._item_id,
            author,
            part.content,
            anchor=part.anchor,
            quoted=quoted,
            assignee=part.assignee,
        )
        for number, reply in enumerate(part.replies):
            self._reply(made.id, reply, f"{place}.replies[{number}]")
        if part.deleted:
            delete_comment(self._world, self._item_id, made.id)

    def _reply(self, comment_id: str, part: ReplyPart, place: str) -> None:
        author = self._stage.user(part.author, f"{place}.author")
        self._stage.go_to(self._stage.moment(part.created_time, self._world.clock(), f"{place}.createdTime"))
        made = add_reply(self._world, self._item_id, comment_id, author, part.content, action=part.action)
        if part.deleted:
            delete_reply(self._world, self._item_id, comment_id, made.id)

    def _mark(self, part: ItemPart) -> None:
        for number, email in enumerate(part.starred_by):
            user = self._stage.user(email, f"{self._place}.starredBy[{number}]")
            self._world.star(self._item_id, user, starred=True)
        for number, email in enumerate(part.viewed_by):
            self._world.view(self._item_id, self._stage.user(email, f"{self._place}.viewedBy[{number}]"))
