"""A request as the shell sees it, whether it came over a socket or inside a batch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from google_drive_emulator.http.bodies import Body
from google_drive_emulator.http.params import Params


class Headers(Mapping[str, str]):
    """Headers by their names in any case; of a repeated one the last counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values = {name.lower(): value for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: ``path`` is still encoded; names of ``headers`` may be looked up in any case.

    ``base_url`` is where the client reached the emulator, without a slash at the end.
    """

    method: str
    path: str
    params: Params
    headers: Mapping[str, str]
    content: Body
    base_url: str
    in_batch: bool = False

    @property
    def query(self) -> str:
        """Return the parameters as a query string."""
        return urlencode(list(self.params))

    @property
    def token(self) -> str:
        """Return the bearer token, from the header or the parameters; empty without one."""
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and token.strip():
            return token.strip()
        return self.params.text("access_token") or self.params.text("oauth_token") or ""


async def with_override(request: Request) -> Request:
    """Apply ``X-HTTP-Method-Override`` of a POST. One that says GET has its parameters in its body (facts G).

    Raises ``DriveError`` for a body that is too large.
    """
    wanted = request.headers.get("X-HTTP-Method-Override", "").upper()
    if request.method != "POST" or not wanted:
        return request
    if wanted != "GET":
        return replace(request, method=wanted)
    form = read_form(await request.content.read())
    return replace(request, method=wanted, params=Params([*request.params, *form]), content=Body())


def read_query(text: str) -> Iterable[tuple[str, str]]:
    """Read a query string; what cannot be decoded is replaced."""
    return parse_qsl(text, keep_blank_values=True, errors="replace")


def read_form(body: bytes) -> Iterable[tuple[str, str]]:
    """Read a form-encoded body."""
    return read_query(body.decode("utf-8", "replace"))
