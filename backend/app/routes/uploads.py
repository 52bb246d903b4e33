"""Files that are sent to us, up to a size."""

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile

from app.domain.errors import FieldError, InvalidInputError

BYTES_MAX = 64 * 2**20
_TOO_LARGE = FieldError(
    field="body", message="is too large", allowed=f"at most {BYTES_MAX // 2**20} MiB"
)


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
        When there is none, or it is too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "text/csv":
        return Upload(content=await _body(request), name=None)
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("file")
            if isinstance(file, UploadFile):
                content = await file.read(BYTES_MAX + 1)
                if len(content) > BYTES_MAX:
                    raise InvalidInputError(_TOO_LARGE)
                return Upload(content=content, name=file.filename)
    raise InvalidInputError(
        FieldError(
            field="body",
            message=f"has the content type {kind or 'none'!r} and no file",
            allowed="text/csv, or multipart/form-data with a `file`",
        )
    )


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > BYTES_MAX:
            raise InvalidInputError(_TOO_LARGE)
    return bytes(content)
