"""The application: all routes over one context.

In: a context. Out: a FastAPI application; its document is served at /openapi.json. Wiring only.
"""

from fastapi import APIRouter, FastAPI

from drive_control_plane.audit import api as audit_api
from drive_control_plane.audit import routes as audit
from drive_control_plane.connections import routes as connections
from drive_control_plane.connections import token_routes
from drive_control_plane.context import Context
from drive_control_plane.dashboard import deeds, live
from drive_control_plane.dashboard import routes as dashboard
from drive_control_plane.dashboard.charts import routes as charts
from drive_control_plane.folders import change_routes
from drive_control_plane.folders import routes as folders
from drive_control_plane.http import documentation, health, problems
from drive_control_plane.http.shield import Shield
from drive_control_plane.letters import routes as letters
from drive_control_plane.machines import routes as machines
from drive_control_plane.oauth import routes as oauth
from drive_control_plane.oauth import service_account_pages, service_account_routes
from drive_control_plane.operators import account_routes, people_routes
from drive_control_plane.operators import routes as operators
from drive_control_plane.operators.cookies import who_asks
from drive_control_plane.operators.oidc import routes as oidc
from drive_control_plane.pages import STATIC
from drive_control_plane.recent import routes as recent
from drive_control_plane.settings_page import routes as settings_page
from drive_control_plane.webhooks import routes as webhooks

ROUTERS: tuple[APIRouter, ...] = (
    webhooks.router,  # first: it is asked most often
    health.router,
    operators.router,
    oidc.router,
    people_routes.router,
    account_routes.router,
    oauth.router,
    service_account_pages.router,
    dashboard.router,
    charts.router,
    settings_page.router,  # before the buttons, whose route would take its form
    deeds.router,
    live.router,
    audit.router,
    audit_api.router,
    machines.router,
    connections.router,
    change_routes.router,
    service_account_routes.router,
    folders.router,
    letters.router,
    recent.router,
    token_routes.router,
)


def create_app(context: Context) -> FastAPI:
    """Put the routes of all features together."""
    app = FastAPI(
        title="Google Drive control plane",
        description="Connections to Google Drive: consent, schedules, push channels, progress.",
        docs_url=None,  # the pages of the API's document load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # such redirects lead to whatever host the request named, over http behind a proxy
        generate_unique_id_function=lambda route: route.name,  # what clients that are generated call their methods
    )
    app.state.context = context
    app.state.who_asks = who_asks
    problems.install(app, ROUTERS)
    documentation.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", STATIC, name="static")
    app.add_middleware(Shield, settings=context.settings)
    return app
