import pytest

from google_drive_worker.client.masks import require_selected, top_level


@pytest.mark.parametrize(
    ("mask", "names"),
    [
        ("a,b", {"a", "b"}),
        ("a(b,c/d),e", {"a", "e"}),
        ("a/b,c(d(e,f(g)),h)", {"a", "c"}),
        ("*", {"*"}),
        ("files(nextPageToken)", {"files"}),
    ],
)
def test_only_the_top_level_of_a_mask_counts(mask: str, names: set[str]) -> None:
    """Paths and sub-selectors belong to the name in front of them."""
    assert top_level(mask) == names


def test_a_mask_that_hides_the_page_token_is_refused() -> None:
    """A mask without the page token would end a list after its first page, so it is refused."""
    with pytest.raises(ValueError, match="nextPageToken"):
        require_selected("files(id,nextPageToken)", "nextPageToken")
    require_selected("nextPageToken,files(id)", "nextPageToken")
    require_selected("*", "nextPageToken")
