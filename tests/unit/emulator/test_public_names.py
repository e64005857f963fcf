"""What a program may import."""

import google_drive_emulator


def test_the_public_names_are_there() -> None:
    """Every name in ``__all__`` exists, and the list is sorted so that reviews see what changed."""
    assert sorted(google_drive_emulator.__all__) == google_drive_emulator.__all__
    assert all(hasattr(google_drive_emulator, name) for name in google_drive_emulator.__all__)
