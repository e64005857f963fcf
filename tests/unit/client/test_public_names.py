from google_drive_worker import client


def test_public_names_exist_and_are_sorted() -> None:
    """`__all__` lists what the package offers: every name once, in order, and every one importable."""
    assert sorted(set(client.__all__)) == sorted(client.__all__)
    assert all(hasattr(client, name) for name in client.__all__)
