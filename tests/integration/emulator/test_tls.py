"""HTTPS: what a client must trust, and for which names."""

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme

from google_drive_emulator import Emulator, TlsError, generated_tls, synthetic_world, tls_of_files
from google_drive_emulator.http.tls import GOOGLE_HOSTS

HEALTH = "/__emulator__/health"


async def status(url: str, trusted: ssl.SSLContext | bool = True) -> int:
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url + HEALTH, ssl=trusted) as response:
        return response.status


async def test_a_made_certificate_is_trusted_through_its_authority() -> None:
    """Who trusts the authority in the file is served; who does not refuses. The file is gone afterwards."""
    async with Emulator(synthetic_world(files=1)).serve(tls=generated_tls()) as running:
        assert running.base_url.startswith("https://127.0.0.1:")
        assert running.ca_file is not None
        trusting = ssl.create_default_context(cafile=running.ca_file)
        assert await status(running.base_url, trusting) == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await status(running.base_url)
    assert not running.ca_file.exists()


@pytest.mark.parametrize("name", [*GOOGLE_HOSTS, "localhost", "drive.test"])
async def test_it_stands_for_googles_hosts(name: str) -> None:
    """The certificate holds for the names of Google's hosts and for those that were asked for."""
    async with Emulator(synthetic_world(files=1)).serve(tls=generated_tls(["drive.test"])) as running:
        trusting = ssl.create_default_context(cafile=running.ca_file)
        port = int(running.base_url.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name)
        writer.close()
        await writer.wait_closed()


async def test_both_ways_can_be_served(tmp_path: Path) -> None:
    """HTTP on a second port is the same emulator; the authority is kept where it is wanted."""
    path = tmp_path / "authority.pem"
    emulator = Emulator(synthetic_world(files=1))
    async with emulator.serve(tls=generated_tls(), plain_port=0, ca_file=path) as running:
        assert running.plain_url is not None
        assert await status(running.plain_url) == 200
        assert await status(running.base_url, ssl.create_default_context(cafile=path)) == 200
    assert path.exists()


async def test_a_certificate_of_ones_own_is_used(tmp_path: Path) -> None:
    """A certificate and key in PEM files, as an authority elsewhere made them."""
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made.cert_chain_pems[0].write_to_path(certificate)
    made.private_key_pem.write_to_path(key)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with Emulator(synthetic_world(files=1)).serve(tls=tls_of_files(certificate, key)) as running:
        assert running.ca_file is None
        assert await status(running.base_url, trusting) == 200


async def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    """A file that is missing or holds something else is said in one line."""
    nothing = tmp_path / "nothing.pem"
    with pytest.raises(TlsError, match=r"nothing\.pem .*No such file"):
        tls_of_files(nothing, nothing)
    nothing.write_text("hello")
    with pytest.raises(TlsError, match=r"nothing\.pem .*cannot be used"):
        tls_of_files(nothing, nothing)
