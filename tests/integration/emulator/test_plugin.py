"""The pytest plugin, as projects that test an integration use it."""

import pytest

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "no:cacheprovider", "-p", "no:timeout")
"""What is left out; the plugin itself is there because the emulator is installed."""

GET = """
    import json, urllib.request

    def get(base_url, path, token="any"):
        request = urllib.request.Request(base_url + "/drive/v3/" + path, headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(request) as response:
            return json.load(response)
"""


def run(pytester: pytest.Pytester, tests: str, **outcomes: int) -> pytest.RunResult:
    """Run tests of a project that has the plugin, and check how they end."""
    pytester.makepyfile(drive=GET, test_project=tests)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\npythonpath = .")
    result = pytester.runpytest(*PLUGIN)
    result.assert_outcomes(**outcomes)
    return result


def test_a_test_gets_a_drive_of_its_own(pytester: pytest.Pytester) -> None:
    """The fixture serves a hundred items by default, what the mark says otherwise, and nothing outlives its test."""
    run(
        pytester,
        """
        import pytest
        from drive import get

        def test_default(drive_emulator):
            assert len(get(drive_emulator.base_url, "files?pageSize=1000")["files"]) == 100
            drive_emulator.run(lambda world: world.create("mine.txt", data=b"x"))
            assert get(drive_emulator.base_url, "files")["files"]

        def test_nothing_is_left(drive_emulator):
            assert len(get(drive_emulator.base_url, "files?pageSize=1000")["files"]) == 100

        @pytest.mark.drive_emulator(files=7, seed=3, drives=2, drive_files=4)
        def test_marked(drive_emulator):
            assert drive_emulator.run(lambda world: (world.counts().items, len(world.drives))) == (15, 2)

        @pytest.mark.drive_emulator(scenario="team", auth="open", latency_ms=1)
        def test_scenario(drive_emulator):
            roadmap = get(drive_emulator.base_url, "files/" + drive_emulator.ids["roadmap"])
            assert roadmap["name"] == "Roadmap"
            assert drive_emulator.control.play(1) == [drive_emulator.ids["roadmap"]]
        """,
        passed=4,
    )


def test_it_serves_asynchronous_tests_too(pytester: pytest.Pytester) -> None:
    """The emulator has a thread of its own, so a test's event loop may do as it likes, even block."""
    run(
        pytester,
        """
        import asyncio, aiohttp
        from drive import get

        async def test_async(drive_emulator):
            headers = {"Authorization": "Bearer any"}
            async with aiohttp.ClientSession(drive_emulator.base_url, headers=headers) as session:
                async with session.get("/drive/v3/about?fields=user") as response:
                    assert response.status == 200
            assert get(drive_emulator.base_url, "about?fields=user")["user"]["me"] is True
        """,
        passed=1,
    )


def test_the_control_api_is_at_hand(pytester: pytest.Pytester) -> None:
    """Mutations, faults, time, counts and snapshots are a call away, and what is refused is an exception."""
    run(
        pytester,
        """
        import urllib.error
        import pytest
        from drive import get
        from google_drive_emulator import MutationError, RemoteError

        def test_control(drive_emulator):
            control, url = drive_emulator.control, drive_emulator.base_url
            control.take_snapshot("before")
            [made] = control.mutate({"op": "create", "name": "a.txt"})
            assert get(url, "files/" + made)["name"] == "a.txt"
            control.restore_snapshot("before")
            control.add_faults({"route": "files.list", "status": 503, "count": None})
            with pytest.raises(urllib.error.HTTPError, match="503"):
                get(url, "files")
            control.drop_faults()
            get(url, "files")
            assert control.requests()["files.list"] == {"200": 1, "503": 1}
            control.set_clock("2030-01-01T00:00:00Z", frozen=True)
            control.advance(1000)
            assert drive_emulator.run(lambda world: world.clock()) == 1893456001000
            with pytest.raises(RemoteError, match="there is no item nowhere"):
                control.mutate({"op": "trash", "id": "nowhere"})
            with pytest.raises(MutationError):
                drive_emulator.run(lambda world: world.trash("nowhere"))
            control.reset()
            assert control.requests() == {}
        """,
        passed=1,
    )


def test_a_mark_that_cannot_be_is_an_error_that_says_why(pytester: pytest.Pytester) -> None:
    """Misspelled options, two worlds at once, and scenarios that are wrong are told before the test runs."""
    result = run(
        pytester,
        """
        import pytest

        @pytest.mark.drive_emulator(file=7)
        def test_misspelled(drive_emulator): pass

        @pytest.mark.drive_emulator(files=7, root=".")
        def test_two_worlds(drive_emulator): pass

        @pytest.mark.drive_emulator(scenario="nothing.json")
        def test_no_scenario(drive_emulator): pass

        @pytest.mark.drive_emulator(files=-1)
        def test_no_world(drive_emulator): pass

        @pytest.mark.drive_emulator(root="nowhere")
        def test_no_directory(drive_emulator): pass
        """,
        errors=5,
    )
    result.stdout.fnmatch_lines(
        [
            "*the mark drive_emulator does not take file; it takes *files*",
            "*takes one of scenario, root, and the options of synthetic worlds",
            "*scenario: *No such file or directory: 'nothing.json'*",
            "*the number of files must be from 0*",
            "*there is no directory nowhere",
        ]
    )


def test_the_plugin_explains_itself(pytester: pytest.Pytester) -> None:
    """``pytest --markers`` and ``--fixtures`` tell how it is used."""
    result = pytester.runpytest(*PLUGIN, "-p", "no:asyncio", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.drive_emulator(files=100,*"])
