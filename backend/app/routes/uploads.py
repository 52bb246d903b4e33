"""Files that are sent to us."""

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile

from app.domain.errors import FieldError, InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file: its content, and its name where the sender gave one."""

    content: bytes
    name: str | None


async def csv_upload(request: Request) -> Upload:
    """Return the CSV of the request: its body as text/csv, or the form's `file`.

    Raises
    ------
    InvalidInputError
        When there is none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "text/csv":
        return Upload(content=await request.body(), name=None)
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("file")
            if isinstance(file, UploadFile):
                return Upload(content=await file.read(), name=file.filename)
    raise InvalidInputError(
        FieldError(
            field="body",
            message=f"has the content type {kind or 'none'!r} and no file",
            allowed="text/csv, or multipart/form-data with a `file`",
        )
    )
