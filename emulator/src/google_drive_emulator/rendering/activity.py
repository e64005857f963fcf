"""Drive Activity: activities and who looks at them in, the JSON of Google's DriveActivity out (facts E)."""

from collections.abc import Hashable, Iterator, Sequence

import msgspec

from google_drive_emulator.rendering.activity_details import detail_resource
from google_drive_emulator.rendering.activity_names import Names, Resource
from google_drive_emulator.world.activity import Activity, Actor, Target
from google_drive_emulator.world.timestamps import rfc3339


class _Own(msgspec.Struct, frozen=True):
    """What each action of a DriveActivity must name itself, because the activity has several."""

    actor: bool
    target: bool
    time: bool


def activity_resource(names: Names, group: Sequence[Activity]) -> Resource:
    """Return one or more activities, the newest first, as one DriveActivity."""
    newest_ms, oldest_ms = group[0].time_ms, group[-1].time_ms
    actors = dict.fromkeys(activity.actor for activity in group)
    targets = {_identity(activity.target): activity.target for activity in reversed(group)}
    own = _Own(actor=len(actors) > 1, target=len(targets) > 1, time=newest_ms != oldest_ms)
    resource: Resource = {
        "primaryActionDetail": detail_resource(names, group[0].actions[0]),
        "actors": [_actor(names, actor) for actor in actors],
        "actions": [each for activity in group for each in _actions(names, activity, own)],
        "targets": [_target(names, target) for target in reversed(targets.values())],
    }
    if own.time:
        return resource | {"timeRange": {"startTime": rfc3339(oldest_ms), "endTime": rfc3339(newest_ms)}}
    return resource | {"timestamp": rfc3339(newest_ms)}


def _identity(target: Target) -> Hashable:
    return target.item.id, target.comment_id, target.reply_id


def _actions(names: Names, activity: Activity, own: _Own) -> Iterator[Resource]:
    for action in activity.actions:
        resource: Resource = {"detail": detail_resource(names, action)}
        if own.actor:
            resource["actor"] = _actor(names, activity.actor)
        if own.target:
            resource["target"] = _target(names, activity.target)
        if own.time:
            resource["timestamp"] = rfc3339(activity.time_ms)
        yield resource


def _actor(names: Names, actor: Actor) -> Resource:
    if actor.kind in {"USER_DELETION", "TRASH_AUTO_PURGE"}:
        return {"system": {"type": actor.kind}}
    if actor.kind in {"anonymous", "administrator"}:
        return {actor.kind: {}}
    user: Resource = {"unknownUser": {}} if actor.user is None else names.user(actor.user)
    return {"impersonation": {"impersonatedUser": user}} if actor.kind == "impersonation" else {"user": user}


def _target(names: Names, target: Target) -> Resource:
    if target.comment_id is not None:
        return {"fileComment": names.comment(target.item, target.comment_id, target.reply_id or target.comment_id)}
    if target.is_drive:
        drive = names.drive(target.item)
        return {"drive": drive, "teamDrive": drive | {"name": f"teamDrives/{target.item.id}"}}
    return {"driveItem": names.item(target.item)}
