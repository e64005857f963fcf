"""Batches on the wire (facts D)."""

import pytest

from google_drive_emulator.http.multipart import (
    MalformedError,
    boundary_of,
    http_message,
    http_response,
    joined,
    parts_of,
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_parts_are_found_whatever_ends_a_line(end: str) -> None:
    """Python's client ends lines with LF, others with CRLF; headers may be folded; what lies around is ignored."""
    lines = (
        "preamble",
        "--b",
        "Content-Type: application/http",
        "Content-ID: <0a",
        " + 1>",
        "",
        "GET /a HTTP/1.1",
        "Accept: x",
        "",
        "",
        "--b",
        "",
        "POST /b HTTP/1.1",
        "",
        "body -- b",
        "--b--",
        "epilogue",
    )
    first, second = parts_of(end.join(lines).encode(), "b")
    assert first.headers["content-id"] == "<0a + 1>"
    assert http_message(first.body).start == "GET /a HTTP/1.1"
    assert http_message(first.body).headers["ACCEPT"] == "x"
    assert (len(second.headers), http_message(second.body).body) == (0, b"body -- b")


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/mixed; boundary=abc", "abc"),
        ('multipart/mixed; boundary="a b;c"', "a b;c"),
        ("Multipart/Mixed;charset=utf-8;BOUNDARY=x", "x"),
    ],
)
def test_the_boundary_is_read(content_type: str, boundary: str) -> None:
    """Quoted or not, in any case, among other parameters."""
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize("content_type", ["", "multipart/mixed", "application/json; boundary=x"])
def test_without_a_boundary_there_are_no_parts(content_type: str) -> None:
    """Another type, or none, is malformed."""
    with pytest.raises(MalformedError, match="boundary"):
        boundary_of(content_type)


def test_a_part_without_a_request_is_malformed() -> None:
    """A part needs a request line."""
    with pytest.raises(MalformedError, match="no request"):
        http_message(b"\r\n\r\n")


def test_what_is_written_can_be_read() -> None:
    """Responses have CRLF between headers and body, which Python's client insists on."""
    response = http_response(200, [("A", "b")], b'{"x": 1}')
    body = joined([([("Content-ID", "<response-1>")], response)], "b")
    (part,) = parts_of(body, "b")
    assert part.headers["Content-ID"] == "<response-1>"
    assert part.body == response == b'HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 8\r\n\r\n{"x": 1}'
