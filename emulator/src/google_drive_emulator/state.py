"""All that one running emulator holds: the world, tokens, faults, counts and settings."""

from functools import lru_cache

from google_drive_emulator.downloads.operations import Operations
from google_drive_emulator.grammar.fields import Mask
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.faults import FaultPlan
from google_drive_emulator.http.quota import Quota, QuotaSettings
from google_drive_emulator.http.request_log import RequestLog
from google_drive_emulator.oauth.token_server import AuthMode, TokenServer
from google_drive_emulator.push.delivery import Push
from google_drive_emulator.rendering.render import Renderer, compile_renderer
from google_drive_emulator.rendering.render_cache import DEFAULT_CACHE_BYTES, RenderCache
from google_drive_emulator.scenario.script import Script
from google_drive_emulator.search.activities import ActivitySettings
from google_drive_emulator.search.matches import MatchMemory
from google_drive_emulator.uploads.sessions import UploadSessions
from google_drive_emulator.uploads.volume import DailyVolume
from google_drive_emulator.world.present import Present
from google_drive_emulator.world.world import World
from google_drive_emulator.writing.limits import WriteLimits

_KEPT_RENDERERS = 64


class EmulatorState:
    """The state of one emulator. It is used by one event loop only.

    ``script`` is that of the scenario it serves, if it does; ``snapshots`` are states of the world, by name.
    """

    def __init__(
        self,
        world: World,
        *,
        auth: AuthMode = "open",
        latency_ms: int = 0,
        pages: PageSettings | None = None,
        quota: QuotaSettings | None = None,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self.world = world
        self.tokens = TokenServer(auth, world, world.clock)
        self.latency_ms = latency_ms
        self.pages = pages or PageSettings()
        self.activity = ActivitySettings()
        self.faults = FaultPlan()
        self.push = Push(lambda: self.world.clock())
        world.listen(self.push.hear)
        self.quota = Quota(quota or QuotaSettings(), world.clock)
        self.requests = RequestLog()
        self.limits = WriteLimits()
        self.uploads = UploadSessions(world.clock)
        self.daily_uploads = DailyVolume(world.clock)
        self.operations = Operations(world.clock)
        self.rendered = RenderCache(cache_bytes)
        self.matches = MatchMemory()
        self.cache_bytes = cache_bytes
        self.script: Script | None = None
        self.snapshots: dict[str, Present] = {}
        self._renderers = lru_cache(maxsize=_KEPT_RENDERERS)(_renderer)

    def reset(self) -> None:
        """Bring everything but the settings back to the start."""
        self.world.reset()
        self.tokens.reset()
        self.faults.clear()
        self.push.reset()
        self.quota.clear()
        self.requests.clear()
        self.uploads.clear()
        self.daily_uploads.clear()
        self.operations.clear()
        self.rendered = RenderCache(self.cache_bytes)
        if self.script is not None:
            self.script.begin(self)

    def renderer(self, mask: Mask, labels: frozenset[str] = frozenset()) -> Renderer:
        """Return the compiled form of a mask of File, with the labels to be shown."""
        return self._renderers(_MaskKey(mask), labels)


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


def _renderer(key: _MaskKey, labels: frozenset[str]) -> Renderer:
    return compile_renderer(key.mask, labels)
