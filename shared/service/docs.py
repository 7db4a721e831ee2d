"""The description of the API for people and programs: open only where the settings say so."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from shared.auth import requires

DESCRIPTION = "/openapi.json"


def docs_doors(app: FastAPI, *, is_open: bool) -> APIRouter:
    """The description of *app* and the page that shows it."""
    guard = [] if is_open else [Depends(requires("docs:read"))]
    router = APIRouter(tags=["docs"], dependencies=guard, include_in_schema=False)

    @router.get(DESCRIPTION)
    async def describe() -> dict[str, Any]:
        """The API in the terms of OpenAPI."""
        return app.openapi()

    @router.get("/docs")
    async def show() -> HTMLResponse:
        """The API as a page."""
        return get_swagger_ui_html(openapi_url=DESCRIPTION, title=app.title)

    return router
