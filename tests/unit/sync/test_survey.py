"""A look at a page, and a range cut by what was seen: odd items cost nothing, a range that was begun is not cut."""

import json

import pytest

from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.schemas.state import ConnectionState, CorpusState, Phase, Range, corpus_part
from google_drive_worker.sync.patch import StalePatchError
from google_drive_worker.sync.ranges import Sample
from google_drive_worker.sync.state import SplitRange
from google_drive_worker.sync.survey import sample_of

SNAPSHOT = "000000000001"
PARTS = {"0000": Range(upper="2020-01-01T00:00:00Z"), "0001": Range(lower="2020-01-01T00:00:00Z")}


def page(*files: object, token: str | None = None) -> bytes:
    return json.dumps({"files": files} | ({"nextPageToken": token} if token else {})).encode()


def test_a_page_tells_when_its_items_were_created() -> None:
    """Times are whole seconds rounded down, before 1970 too, in the order of the page."""
    body = page(
        {"id": "a", "createdTime": "1970-01-01T00:00:01.999Z"},
        {"id": "b", "createdTime": "1969-12-31T23:59:59.999Z"},
        {"id": "c", "createdTime": "1970-01-01T01:00:00+01:00"},
    )
    assert sample_of(body) == (Sample([1, -1, 0], is_whole=True), None)


@pytest.mark.parametrize(
    "odd", [{"id": "a"}, {"createdTime": 7}, {"createdTime": None}, {"createdTime": "soon"}, 3, None]
)
def test_an_odd_item_tells_nothing(odd: object) -> None:
    """The others on its page still count, and the page that follows is known."""
    body = page(odd, {"createdTime": "1970-01-01T00:00:05Z"}, token="next")
    assert sample_of(body) == (Sample([5], is_whole=False), "next")


def test_half_a_character_in_a_name_hides_nothing() -> None:
    """A name that was cut within a character makes the page no less readable."""
    body = b'{"files":[{"name":"\\ud83d","createdTime":"1970-01-01T00:00:05Z"}]}'
    assert sample_of(body) == (Sample([5], is_whole=True), None)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"files":{}}', b'{"files":[], "nextPageToken":7}'])
def test_what_is_no_page_is_an_error(body: bytes) -> None:
    """It is asked for again, as any answer that makes no sense."""
    with pytest.raises(MalformedResponseError):
        sample_of(body)


def scanning(part: Range) -> ConnectionState:
    """A connection whose snapshot has listed its folders and so much of the rest."""
    ranges = {"folders": Range(done=True), "all": part}
    corpus = CorpusState("user:me", Phase.SCANNING, SNAPSHOT, "5", "5", 1, ranges=ranges)
    return ConnectionState("conn").with_part(corpus_part("user:me"), corpus)


def test_a_range_is_replaced_by_its_parts() -> None:
    """The others stay as they are."""
    state = SplitRange("user:me", SNAPSHOT, "all", PARTS).apply(scanning(Range()))
    corpus = state.corpus("user:me")
    assert corpus is not None
    assert corpus.ranges == {"folders": Range(done=True), **PARTS}


@pytest.mark.parametrize("part", [Range(page_token="p"), Range(done=True)])
def test_a_range_that_was_begun_is_not_cut(part: Range) -> None:
    """Its pages were emitted, and have no order by which the rest could be told."""
    with pytest.raises(StalePatchError):
        SplitRange("user:me", SNAPSHOT, "all", PARTS).apply(scanning(part))


def test_a_range_is_cut_once() -> None:
    """A second cut of the same range comes too late."""
    patch = SplitRange("user:me", SNAPSHOT, "all", PARTS)
    with pytest.raises(StalePatchError):
        patch.apply(patch.apply(scanning(Range())))
