"""A Drive with one item that is not as documented, before an emulator that never sends such a thing.

In: requests of a worker. Out: the emulator's answers; for one access token, one file's size is a word.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.integration.kafka.stack import Json

PASSED_ON = ("authorization", "content-type", "x-http-method-override")


class OddDrive(ThreadingHTTPServer):
    """Passes everything on to `upstream`; what `token` is shown of the item `odd` is malformed."""

    daemon_threads = True

    def __init__(self, upstream: str, token: str, odd: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.token = token
        self.odd = odd

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.server_port}"

    def spoil(self, body: bytes) -> bytes:
        """The same list, with the odd item."""
        answer: Json = json.loads(body)
        for item in answer.get("files", []):
            if item["id"] == self.odd:
                item["size"] = "many"
        return json.dumps(answer).encode()


class _Handler(BaseHTTPRequestHandler):
    server: OddDrive

    def do_GET(self) -> None:
        self._pass_on(None)

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers["content-length"])))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _pass_on(self, body: bytes | None) -> None:
        headers = {name: value for name in PASSED_ON if (value := self.headers[name]) is not None}
        request = urllib.request.Request(self.server.upstream + self.path, body, headers)  # noqa: S310 # our own
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 # our own
                self._answer(answer.status, answer.headers["content-type"], answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                self._answer(refusal.code, refusal.headers["content-type"], refusal.read())

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        if status == 200 and self.server.token in self.headers.get("authorization", ""):
            body = self.server.spoil(body)
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def odd_drive(upstream: str, token: str, odd: str) -> Iterator[OddDrive]:
    """Serve in a thread."""
    with OddDrive(upstream, token, odd) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
