"""The application: all routes over one context.

In: a context. Out: a FastAPI application; its document is served at /openapi.json. Wiring only.
"""

from fastapi import APIRouter, FastAPI

from drive_control_plane.connections import routes as connections
from drive_control_plane.connections import token_routes
from drive_control_plane.context import Context
from drive_control_plane.dashboard import deeds, live
from drive_control_plane.dashboard import routes as dashboard
from drive_control_plane.http import health, problems
from drive_control_plane.http.shield import Shield
from drive_control_plane.machines import routes as machines
from drive_control_plane.oauth import routes as oauth
from drive_control_plane.operators import routes as operators
from drive_control_plane.operators.cookies import who_asks
from drive_control_plane.pages import STATIC
from drive_control_plane.webhooks import routes as webhooks

ROUTERS: tuple[APIRouter, ...] = (
    webhooks.router,  # first: it is asked most often
    health.router,
    operators.router,
    oauth.router,
    dashboard.router,
    deeds.router,
    live.router,
    machines.router,
    connections.router,
    token_routes.router,
)


def create_app(context: Context) -> FastAPI:
    """Put the routes of all features together."""
    app = FastAPI(
        title="Google Drive control plane",
        description="Connections to Google Drive: consent, schedules, push channels, progress.",
        docs_url=None,  # the pages of the API's document load scripts from elsewhere
        redoc_url=None,
    )
    app.state.context = context
    app.state.who_asks = who_asks
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", STATIC, name="static")
    app.add_middleware(Shield, settings=context.settings)
    return app
