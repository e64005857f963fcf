"""What is told of pictures and films."""

from google_drive_emulator.rendering.media_metadata import film_metadata, picture_metadata

TAKEN_MS = 1_700_000_000_000


def test_metadata_follow_from_the_id() -> None:
    """The same picture always has the same size; others have others."""
    several = [picture_metadata((f"1{number}", "image/png", TAKEN_MS)) for number in range(20)]
    assert several == [picture_metadata((f"1{number}", "image/png", TAKEN_MS)) for number in range(20)]
    assert len({str(each) for each in several}) > 2


def test_photographs_have_what_a_camera_adds() -> None:
    """A JPEG names its camera and, as EXIF writes it, when it was taken; a PNG has its size alone."""
    photograph = picture_metadata(("1a", "image/jpeg", TAKEN_MS))
    assert isinstance(photograph, dict)
    assert (photograph["time"], bool(photograph["cameraMake"])) == ("2023:11:14 22:13:20", True)
    picture = picture_metadata(("1a", "image/png", TAKEN_MS))
    assert isinstance(picture, dict)
    assert set(picture) == {"width", "height", "rotation"}


def test_a_films_length_is_a_string() -> None:
    """int64 values are strings (facts A6)."""
    film = film_metadata(("1a", "video/mp4", TAKEN_MS))
    assert isinstance(film, dict)
    assert isinstance(film["durationMillis"], str)
