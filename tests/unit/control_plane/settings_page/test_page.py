"""The settings of a connection as a form, without scripts: what it shows, what it saves, what it asks back."""

import pytest
from tests.support.control_plane.consent import Stage
from tests.unit.control_plane.folders.planting import folder, mutate
from tests.unit.control_plane.settings_page.filled import Settings

from drive_control_plane.database.tables import ConnectionStatus, CredentialKind, Role

SAVED = "Saved. The worker is told"


async def opened(stage: Stage, connection_id: str, operator: str = "op_1") -> Settings:
    return await Settings(await stage.browser(operator), connection_id).open()


async def test_it_shows_how_things_stand(staged: Stage) -> None:
    """The settings of a new connection; nothing changes when they are saved as they are."""
    connection_id = await staged.connected()
    settings = await opened(staged, connection_id)
    shown = {name: settings.values(name) for name in ("reach", "folder", "user", "drives", "schedule", "resource")}
    assert shown == {
        "reach": ["all"],
        "folder": [],
        "user": ["all"],
        "drives": ["all"],
        "schedule": ["adaptive"],
        "resource": ["permission", "revision", "comment"],
    }
    before = await staged.connection(connection_id)
    staged.time.advance(minutes=1)
    assert SAVED in (await settings.press()).text
    after = await staged.connection(connection_id)
    assert (after.settings, after.updated_at) == (before.settings, before.updated_at)
    assert await staged.audit("connection.changed") == []


async def test_all_of_it_is_saved(staged: Stage) -> None:
    """What follows is what the API would have been given, in one entry of the audit log."""
    drive = await mutate(staged, "create_drive", name="Legal")
    connection_id = await staged.connected()
    settings = await opened(staged, connection_id)
    settings.set(name="Ada & Co", drives="chosen", drive=[drive], user="owned", resource=["permission"])
    settings.set(history=["revision"], schedule="interval", minutes="7.5")
    await settings.press(read=mark(await settings.press()))
    assert SAVED in settings.page.text
    row = await staged.connection(connection_id)
    assert row.name == "Ada & Co"
    assert row.schedule == {"kind": "interval", "seconds": 450}
    assert row.settings == {
        "corpora": {"user": "owned", "drives": [drive]},
        "selected_folders": [],
        "resources": ["file", "permission"],
        "backfill": ["file", "permission", "revision"],
    }
    assert row.next_run_at is not None
    (entry,) = await staged.audit("connection.changed")
    assert (entry.actor, entry.details["settings"]) == ("op_1@company.example", row.settings)
    assert "Legal" in settings.page.text
    assert settings.values("minutes") == ["7.5"]


def mark(page: object) -> str:
    """What the form that tells of losses sends along."""
    text = getattr(page, "text", "")
    assert "Consumers will be told" in text, text
    found: str = text.split('name="read" value="')[1].split('"')[0]
    return found


async def test_a_folder_is_followed_by_its_link(staged: Stage) -> None:
    """Pasted, looked at, shown by its name; told what goes; saved; taken out again."""
    finance = await folder(staged, "Finance <b>")
    connection_id = await staged.connected()
    settings = await opened(staged, connection_id)
    settings.set(link=f"https://drive.google.com/drive/u/0/folders/{finance}?usp=sharing")
    page = await settings.press(add="1")
    assert (settings.values("folder"), settings.values("reach"), settings.values("link")) == (
        [finance],
        ["chosen"],
        [""],
    )
    assert "Finance &lt;b&gt;" in page.text
    assert (await staged.connection(connection_id)).settings["selected_folders"] == []

    page = await settings.press()
    assert page.status == 409
    assert "everything that does not lie in or below the chosen folders" in page.text
    await settings.press()
    assert SAVED in settings.page.text
    assert (await staged.connection(connection_id)).settings["selected_folders"] == [finance]

    page = await settings.press(remove=finance)
    assert settings.values("folder") == []
    page = await settings.press()
    assert page.status == 422
    assert "Choose at least one folder" in page.text


async def test_a_pasted_folder_is_saved_without_a_second_button(staged: Stage) -> None:
    """My Drive, too, which has a name of its own."""
    connection_id = await staged.connected()
    settings = await opened(staged, connection_id)
    settings.set(link="https://drive.google.com/drive/my-drive")
    await settings.press(read=mark(await settings.press()))
    assert (await staged.connection(connection_id)).settings["selected_folders"] == ["root"]
    assert "<span>My Drive</span>" in settings.page.text


async def test_what_goes_is_named_before_it_goes(staged: Stage) -> None:
    """A folder by its name; words that were read of other losses do not count."""
    one, two = await folder(staged, "One"), await folder(staged, "Two")
    connection_id = await staged.connected()
    await staged.change(connection_id, settings={"selected_folders": [one, two]})
    settings = await opened(staged, connection_id)
    page = await settings.set(folder=[one]).press()
    assert "the folder “Two” and what lies below it" in page.text
    read = settings.values("read")[0]
    page = await settings.set(folder=[two], read=read).press()
    assert "the folder “One” and what lies below it" in page.text
    assert (await staged.connection(connection_id)).settings["selected_folders"] == [one, two]
    await settings.press()
    assert (await staged.connection(connection_id)).settings["selected_folders"] == [two]


async def test_to_follow_more_asks_nothing(staged: Stage) -> None:
    """Everything instead of a folder: nobody loses anything."""
    connection_id = await staged.connected()
    await staged.change(connection_id, settings={"selected_folders": [await folder(staged, "One")]})
    settings = await opened(staged, connection_id)
    assert SAVED in (await settings.set(reach="all").press()).text
    assert (await staged.connection(connection_id)).settings["selected_folders"] == []


@pytest.mark.parametrize("kind", ["unknown", "file", "trashed", "foreign"])
async def test_what_is_no_folder_is_named(staged: Stage, kind: str) -> None:
    """By its id, and by its name where it has one; nothing is saved."""
    ada, grace = staged.accounts[:2]
    trashed = await folder(staged, "Old")
    await mutate(staged, "trash", id=trashed)
    wanted, said = {
        "unknown": ("1nobody", "1nobody: the account sees no folder"),
        "file": (await mutate(staged, "create", name="notes.txt"), "“notes.txt”"),
        "trashed": (trashed, "“Old” ({}) is in the trash"),
        "foreign": (await folder(staged, "Secret plans", by=grace), "{}: the account sees no folder"),
    }[kind]
    connection_id = await staged.connected(ada)
    for button in ({"add": "1"}, {}):
        settings = await opened(staged, connection_id)
        page = await settings.set(link=wanted).press(**button)
        assert page.status == 422
        assert said.format(wanted) in page.text
        assert "Secret plans" not in page.text
    assert (await staged.connection(connection_id)).settings["selected_folders"] == []


async def test_nobody_overwrites_what_they_have_not_seen(staged: Stage) -> None:
    """Of two who change a connection at once the second is told, keeps what they typed, and decides."""
    connection_id = await staged.connected()
    first, second = [await opened(staged, connection_id) for _ in range(2)]
    assert SAVED in (await first.set(schedule="manual").press()).text
    page = await second.set(name="Mine").press()
    assert "were changed meanwhile" in page.text
    assert (await staged.connection(connection_id)).schedule == {"kind": "manual"}
    assert SAVED in (await second.press()).text
    row = await staged.connection(connection_id)
    assert (row.name, row.schedule) == ("Mine", {"kind": "adaptive"})


async def test_what_was_mended_is_taken_at_once(staged: Stage) -> None:
    """A folder that comes out of the trash is not refused for what was known of it before."""
    finance = await folder(staged, "Finance")
    await mutate(staged, "trash", id=finance)
    settings = await opened(staged, await staged.connected())
    assert "is in the trash" in (await settings.set(link=finance).press(add="1")).text
    await mutate(staged, "restore", id=finance)
    await settings.press(add="1")
    assert settings.values("folder") == [finance]


async def test_many_shared_drives_are_not_all_shown(staged: Stage) -> None:
    """The first four hundred are, with a word on the others."""
    drives = [{"op": "create_drive", "name": f"Drive {number:03}"} for number in range(401)]
    await staged.control("POST", "world", {"mutations": drives})
    settings = await opened(staged, await staged.connected())
    assert "There are more than are shown here" in settings.page.text
    assert settings.page.text.count('name="drive"') == 400


async def test_a_folder_that_nothing_is_read_of_is_refused(staged: Stage) -> None:
    """One in a shared drive that is not followed; one of the person's own while these are not followed."""
    drive = await mutate(staged, "create_drive", name="Legal")
    theirs, own = await folder(staged, "Contracts", drive), await folder(staged, "Finance")
    connection_id = await staged.connected()
    settings = await opened(staged, connection_id)
    settings.set(reach="chosen", folder=[theirs], drives="none")
    assert "“Contracts” lies in a shared drive that is not followed" in (await settings.press()).text
    settings.set(reach="chosen", folder=[own, "root"], drives="all", user="none")
    page = await settings.press()
    assert "“Finance” is chosen, but files outside shared drives are not followed" in page.text
    assert "My Drive is chosen, but" in page.text


async def test_a_shared_drive_that_is_not_seen_is_refused(staged: Stage) -> None:
    """It is named by its id."""
    connection_id = await staged.connected()
    settings = await opened(staged, connection_id)
    page = await settings.set(drives="chosen", drive=["0Anobody"]).press()
    assert "0Anobody: the account sees no" in page.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "The name needs"),
        ({"schedule": "interval", "minutes": "0"}, "a number from 1 to 43200"),
        ({"schedule": "interval", "minutes": "nan"}, "a number from 1 to 43200"),
        ({"schedule": "interval", "minutes": "soon"}, "a number from 1 to 43200"),
        ({"schedule": "cron", "expression": "0 6 * *", "timezone": "UTC"}, "needs five fields"),
        ({"schedule": "cron", "expression": "0 6 * * *", "timezone": "Mars/Olympus"}, "is no time zone"),
        ({"schedule": "yearly"}, "The schedule cannot be followed"),
        ({"reach": "chosen"}, "Choose at least one folder"),
        ({"drives": "chosen"}, "Choose at least one shared drive"),
        ({"user": "none", "drives": "none"}, "Pause the connection instead"),
        ({"user": "everybody"}, "a choice that there is not"),
        ({"link": "not a link"}, "is no link of a folder"),
    ],
)
async def test_mistakes_are_told_and_nothing_is_saved(staged: Stage, fields: dict[str, str], said: str) -> None:
    """What was typed stays in the form."""
    connection_id = await staged.connected()
    before = await staged.connection(connection_id)
    settings = await opened(staged, connection_id)
    page = await settings.set(**fields).press()
    assert page.status == 422
    assert said in page.text
    after = await staged.connection(connection_id)
    assert (after.name, after.settings, after.schedule) == (before.name, before.settings, before.schedule)
    for name in {"minutes", "expression", "timezone", "link"} & set(fields):
        assert settings.values(name) == [fields[name]]


async def test_several_mistakes_are_told_at_once(staged: Stage) -> None:
    """So that nobody sends the form again for each."""
    settings = await opened(staged, await staged.connected())
    page = await settings.set(name="", schedule="interval", minutes="0", reach="chosen").press()
    for said in ("The name needs", "a number from 1", "Choose at least one folder"):
        assert said in page.text


async def test_too_many_for_the_form_are_refused_in_words(staged: Stage) -> None:
    """The API takes more."""
    settings = await opened(staged, await staged.connected())
    page = await settings.set(reach="chosen", folder=[f"f{number}" for number in range(401)]).press()
    assert "This page takes 400 folders" in page.text


async def test_settings_that_need_more_consent_offer_it(staged: Stage) -> None:
    """The button leads to Google with the greater scope; what was chosen is saved when one has come back."""
    browser = await staged.browser()
    connection_id = (await browser.connect(reads="metadata")).location.rpartition("/")[2]
    settings = await Settings(browser, connection_id).open()
    settings.set(resource=["permission", "comment"])
    page = await settings.press()
    assert page.status == 422
    assert "Ask for consent" in page.text
    assert settings.values("resource") == ["permission", "comment"]
    answer = await browser.connect(connection_id=connection_id, reads="everything")
    assert answer.location == f"/connections/{connection_id}"
    assert (await staged.connection(connection_id)).settings["resources"] == ["file", "permission", "revision"]
    assert SAVED in (await settings.press()).text
    assert (await staged.connection(connection_id)).settings["resources"] == ["file", "permission", "comment"]


async def test_a_service_account_needs_an_administrator(staged: Stage) -> None:
    """Nobody can consent for it: the page names the scope."""
    browser = await staged.browser()
    connection_id = (await browser.connect(reads="metadata")).location.rpartition("/")[2]
    async with staged.context.database.transaction() as session:
        credential = await staged.credential(connection_id)
        assert credential is not None
        credential.kind = CredentialKind.SERVICE_ACCOUNT
        await session.merge(credential)
    settings = await Settings(browser, connection_id).open()
    page = await settings.set(resource=["comment"]).press()
    assert "Domain-wide delegation" in page.text
    assert "Ask for consent" not in page.text


async def test_google_away_leaves_the_page_usable(staged: Stage) -> None:
    """Names are ids then, and what needs no look at Google is saved."""
    finance = await folder(staged, "Finance")
    connection_id = await staged.connected()
    await staged.change(connection_id, settings={"selected_folders": [finance]})
    for route in ("files.*", "drives.*"):
        await staged.fail(route, status=503, count=None)
    settings = await opened(staged, connection_id)
    assert "Google could not be asked for all names" in settings.page.text
    assert f"<span>{finance}" in settings.page.text
    assert SAVED in (await settings.set(name="Other").press()).text
    page = await settings.set(link="1other").press()
    assert "could not be checked" in page.text
    row = await staged.connection(connection_id)
    assert (row.name, row.settings["selected_folders"]) == ("Other", [finance])


async def test_what_is_not_visible_any_more_says_so(staged: Stage) -> None:
    """A folder that was chosen once and is gone can be seen, and removed."""
    connection_id = await staged.connected()
    await staged.change(
        connection_id, settings={"selected_folders": ["1gone"], "corpora": {"user": "all", "drives": ["0Agone"]}}
    )
    settings = await opened(staged, connection_id)
    assert "not visible to the account any more" in settings.page.text
    assert "no member any more" in settings.page.text
    page = await settings.set(drives="all", reach="all").press(remove="1gone")
    assert "1gone" not in page.text
    assert SAVED in (await settings.press()).text


async def test_only_operators_of_the_tenant_come_here(staged: Stage) -> None:
    """Viewers are refused, strangers sent to sign in; another tenant's connection and an ended one are not there."""
    connection_id = await staged.connected()
    path = f"/connections/{connection_id}/settings"
    staged.operator("viewer", role=Role.VIEWER)
    for operator, status in (("viewer", 403), ("op_2", 404)):
        browser = await staged.browser(operator)
        assert (await browser.send("GET", path)).status == status
        assert (await browser.send("POST", path, data={"name": "Mine"})).status == status
        fragment = await browser.send("GET", f"/fragments{path.removesuffix('/settings')}/folders")
        assert fragment.status == status
    nobody = await staged.browser("nobody")
    assert (await nobody.send("GET", path)).location == "/sign-in"
    assert (await nobody.send("POST", path, data={"name": "Mine"})).status == 401
    await staged.change(connection_id, status=ConnectionStatus.DISCONNECTED)
    assert (await (await staged.browser()).send("GET", path)).status == 409


async def test_folders_come_as_parts_of_the_page(staged: Stage) -> None:
    """With a button to open each and a box to choose it; names are escaped; what is wrong is told in their place."""
    finance = await folder(staged, "<i>Finance")
    connection_id = await staged.connected()
    browser, path = await staged.browser(), f"/fragments/connections/{connection_id}/folders"
    places = (await browser.send("GET", path)).text
    assert 'data-parent="shared-with-me"' in places
    assert 'data-folder="shared-with-me"' not in places
    assert 'data-folder="root"' in places
    below = (await browser.send("GET", path, params={"parent": "root"})).text
    assert f'data-folder="{finance}" data-name="&lt;i&gt;Finance"' in below
    empty = (await browser.send("GET", path, params={"parent": finance})).text
    assert "No folders in here" in empty
    found = (await browser.send("GET", path, params={"name": "<i>Fin"})).text
    assert f'data-folder="{finance}"' in found
    assert "data-parent" not in found
    gone = await browser.send("GET", path, params={"parent": "1gone"})
    assert (gone.status, "sees no folder 1gone" in gone.text) == (200, True)
