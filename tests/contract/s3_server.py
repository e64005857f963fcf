"""The least of S3 that a client needs: objects, multipart uploads, refusals.

In: requests by path, `/bucket/key`. Out: answers as S3 gives them. Signatures are not checked.
"""

import asyncio
import hashlib
import itertools
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

__all__ = ["S3Server"]


class S3Server:
    """Holds objects and counts parts; `refusal` makes it answer every request with that status.

    `parts` says how many each object came in that came in parts.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refusal: int | None = None
        self.largest_request = 0
        self.open_uploads: dict[str, dict[int, bytes]] = {}
        self.parts: dict[str, int] = {}
        self._ids = itertools.count(1)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Serve on a free port; yields the endpoint."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{key:.*}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()

    @contextmanager
    def serve_in_background(self) -> Iterator[str]:
        """Serve from a thread of its own, for tests without a loop; yields the endpoint."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        serving = self.serve()
        try:
            yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result(10)
            asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result(10)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.largest_request = max(self.largest_request, len(body))
        if self.refusal is not None:
            return web.Response(status=self.refusal, text="<Error><Signature>AKIA-secret</Signature></Error>")
        key = request.match_info["key"]
        match request.method:
            case "PUT":
                return self._put(key, body, request.query.get("uploadId"), request.query.get("partNumber"))
            case "POST" if "delete" in request.query:
                return self._delete_many(key.rstrip("/"), body.decode())
            case "POST":
                return self._multipart(key, request.query.get("uploadId"))
            case "DELETE":
                self.open_uploads.pop(request.query["uploadId"])
                return web.Response(status=204)
            case _:
                return self._get(key)

    def _put(self, key: str, body: bytes, upload: str | None, part: str | None) -> web.Response:
        if upload is not None and part is not None:
            self.open_uploads[upload][int(part)] = body
        else:
            self.objects[key] = body
        return web.Response(headers={"ETag": _etag(body)})

    def _multipart(self, key: str, upload: str | None) -> web.Response:
        if upload is None:
            upload = str(next(self._ids))
            self.open_uploads[upload] = {}
            tag, inner = "InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>"
        else:
            parts = self.open_uploads.pop(upload)
            self.parts[key] = len(parts)
            self.objects[key] = b"".join(parts[number] for number in sorted(parts))
            tag, inner = "CompleteMultipartUploadResult", f"<ETag>{_etag(self.objects[key])}</ETag>"
        return web.Response(text=f"<{tag}><Bucket>b</Bucket><Key>{key}</Key>{inner}</{tag}>")

    def _delete_many(self, bucket: str, body: str) -> web.Response:
        keys = re.findall(r"<Key>(.*?)</Key>", body)
        for key in keys:
            self.objects.pop(f"{bucket}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return web.Response(text=f"<DeleteResult>{deleted}</DeleteResult>")

    def _get(self, key: str) -> web.Response:
        body = self.objects.get(key)
        if body is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        modified = "Thu, 01 Jan 2026 00:00:00 GMT"
        return web.Response(body=body, headers={"ETag": _etag(body), "Last-Modified": modified})


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
