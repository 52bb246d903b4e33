"""The dashboard: built files, with its one page for every deep link."""

from http import HTTPStatus
from pathlib import Path
from typing import override

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_YEAR = "public, max-age=31536000, immutable"


class _NamedByContent(StaticFiles):
    """Files whose names change with their content, so that a browser may keep them."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file with permission to keep it."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _YEAR
        return response


def serve_dashboard(app: FastAPI, *, folder: Path) -> None:
    """Serve the built dashboard in `folder` at every path that is not the API's."""
    page = folder / "index.html"
    app.mount("/assets", _NamedByContent(directory=folder / "assets", check_dir=False))

    @app.get("/{path:path}", include_in_schema=False)
    def dashboard(path: str) -> FileResponse:
        if path.startswith(("v1/", "assets/")):
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
        asked = (folder / path).resolve()
        if path and asked.is_file() and asked.is_relative_to(folder):
            return FileResponse(asked)
        if not page.is_file():
            raise HTTPException(
                HTTPStatus.NOT_FOUND,
                "The dashboard is not built. Build it with: cd frontend && npm install && "
                "npm run build; or run `npm run dev` there and open http://127.0.0.1:5173/.",
            )
        return FileResponse(page, headers={"Cache-Control": "no-cache"})
