"""All that one running emulator holds: the world, tokens, faults, counts and settings."""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from google_drive_emulator.grammar.fields import Mask
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.faults import FaultPlan
from google_drive_emulator.oauth.token_server import AuthMode, TokenServer
from google_drive_emulator.rendering.render import Renderer, compile_renderer
from google_drive_emulator.rendering.render_cache import DEFAULT_CACHE_BYTES, RenderCache
from google_drive_emulator.rendering.resources import Viewer
from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import Clock, wall_clock_ms
from google_drive_emulator.world.world import World

_KEPT_RENDERERS = 64


class RequestCounts:
    """How many requests each route answered, by status; cut connections count as ``cut``."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, route: str, status: str) -> None:
        """Count one answer."""
        self._counts[route, status] += 1

    def clear(self) -> None:
        """Start again from nothing."""
        self._counts.clear()

    def by_route(self) -> Mapping[str, Mapping[str, int]]:
        """Return the counts as ``{route: {status: count}}``."""
        routes: dict[str, dict[str, int]] = {}
        for (route, status), count in sorted(self._counts.items()):
            routes.setdefault(route, {})[status] = count
        return routes


class EmulatorState:
    """The state of one emulator. It is used by one event loop only."""

    def __init__(
        self,
        world: World,
        *,
        auth: AuthMode = "open",
        latency_ms: int = 0,
        pages: PageSettings | None = None,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        clock: Clock = wall_clock_ms,
    ) -> None:
        self.world = world
        self.tokens = TokenServer(auth, world.users, clock)
        self.latency_ms = latency_ms
        self.pages = pages or PageSettings()
        self.faults = FaultPlan()
        self.requests = RequestCounts()
        self.rendered = RenderCache(cache_bytes)
        self.cache_bytes = cache_bytes
        self._renderers = lru_cache(maxsize=_KEPT_RENDERERS)(_renderer)

    def reset(self) -> None:
        """Bring everything but the settings back to the start."""
        self.world.reset()
        self.tokens.reset()
        self.faults.clear()
        self.requests.clear()
        self.rendered = RenderCache(self.cache_bytes)

    def renderer(self, mask: Mask) -> Renderer:
        """Return the compiled form of a mask of File."""
        return self._renderers(_MaskKey(mask))

    def viewer(self, user: User) -> Viewer:
        """Return the eyes of a user: a folder is seen by who has a role on it."""

        def sees_folder(folder_id: str) -> bool:
            folder = self.world.item(folder_id)
            return folder is not None and folder.role_of(user) is not None

        return Viewer(user, sees_folder)


class _MaskKey:
    """A mask by its text, so that equal masks share what is compiled for them."""

    __slots__ = ("mask", "text")

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        self.text = str(mask)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _MaskKey) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def _renderer(key: _MaskKey) -> Renderer:
    return compile_renderer(key.mask)
