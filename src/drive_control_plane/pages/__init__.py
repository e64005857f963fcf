"""Pages: templates, and how they are sent.

In: a template's name and values. Out: HTML in which every value is escaped. Styles and scripts are files of our own;
nothing is loaded from elsewhere.
"""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent
_ENVIRONMENT = Environment(
    loader=PackageLoader("drive_control_plane.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

STATIC = StaticFiles(directory=_HERE / "static")
"""Served under /static."""


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template as an answer; it is never kept by caches, since most pages are somebody's."""
    text = _ENVIRONMENT.get_template(template).render(request=request, **values)
    return HTMLResponse(text, status, {"cache-control": "no-store"})


def message(request: Request, status: int, title: str, told: str, what_to_do: str | None = None) -> HTMLResponse:
    """A page that says one thing, with a way back."""
    return page(request, "message.html", status, title=title, message=told, what_to_do=what_to_do)
