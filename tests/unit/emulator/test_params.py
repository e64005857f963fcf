"""Query parameters and what does not parse (facts A1)."""

from collections.abc import Callable

import pytest

from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.http.params import Params


def params(**texts: str) -> Params:
    return Params(texts.items())


def test_the_first_of_repeated_values_counts() -> None:
    """Of a repeated parameter the first value wins; all are there for who asks for them."""
    repeated = Params([("q", "a"), ("q", "b"), ("fields", "x")])
    assert repeated.text("q") == "a"
    assert repeated.texts("q") == ["a", "b"]


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "t", "Y", "yes"])
def test_many_words_mean_true(text: str) -> None:
    """Declared booleans accept several words in any case."""
    assert params(flag=text).flag("flag")


@pytest.mark.parametrize("text", ["false", "0", "F", "n", "No"])
def test_many_words_mean_false(text: str) -> None:
    """The same for false."""
    assert not params(flag=text).flag("flag", default=True)


def test_only_the_word_true_switches_a_check_on() -> None:
    """``1`` and ``yes`` parse, but semantic checks take only ``true``."""
    switched = {text: params(flag=text).is_true("flag") for text in ("true", "True", "1", "yes", "false")}
    assert switched == {"true": True, "True": True, "1": False, "yes": False, "false": False}
    assert not params().is_true("flag")


@pytest.mark.parametrize(
    ("ask", "message", "reason"),
    [
        (lambda p: p.flag("supportsAllDrives"), "Invalid value at 'supports_all_drives' (TYPE_BOOL), \"x\"", "invalid"),
        (
            lambda p: p.is_true("supportsAllDrives"),
            "Invalid value at 'supports_all_drives' (TYPE_BOOL), \"x\"",
            "invalid",
        ),
        (lambda p: p.page_size(100, 1000), "Invalid value at 'page_size' (TYPE_INT32), \"x\"", "invalid"),
        (lambda p: p.integer("huge"), "Invalid value at 'huge' (TYPE_INT32), \"2147483648\"", "invalid"),
        (
            lambda p: p.bounded("count", 10, 1, 1000),
            "Invalid value '1001'. Values must be within the range: [value: 1\n, value: 1000\n]",
            "invalidParameter",
        ),
    ],
)
def test_what_does_not_parse_is_named_as_google_does(
    ask: Callable[[Params], object], message: str, reason: str
) -> None:
    """Names are in snake case, types in capitals, texts as they were sent."""
    sent = params(supportsAllDrives="x", pageSize="x", huge="2147483648", count="1001")
    with pytest.raises(DriveError) as caught:
        ask(sent)
    assert (caught.value.status_code, caught.value.message, caught.value.reason) == (400, message, reason)


def test_a_default_may_lie_outside_the_range() -> None:
    """What was not sent is not checked."""
    assert params().page_size(1_000_000, 100) == 1_000_000


def test_it_is_remembered_what_was_read() -> None:
    """``read`` names the parameters that a handler asked for, sent or not."""
    sent = params(q="x", fields="y")
    sent.text("q")
    sent.flag("supportsAllDrives")
    assert sent.read == {"q", "supportsAllDrives"}
