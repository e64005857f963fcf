"""Which port the demo's dashboard gets."""

import socket

import pytest

from drive_demo.dashboard import choose_port
from drive_demo.options import DemoFailedError


def test_a_port_that_is_asked_for_is_taken_or_refused() -> None:
    """A wish is met, or answered by what to do; it is never quietly another port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(DemoFailedError, match=f"port {port} is taken"):
            choose_port(port)
    assert choose_port(port) == port


def test_without_a_wish_a_port_is_found() -> None:
    """The usual port, or any that is free: something can listen there."""
    with socket.create_server(("127.0.0.1", choose_port(None))), socket.create_server(("127.0.0.1", choose_port(None))):
        pass
