"""The sizes of bodies: what is larger is refused before more of it is read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import FieldError, InvalidInputError

_MIB = 2**20
_JSON_BYTES_MAX = 1 * _MIB
_FILE_BYTES_MAX = 64 * _MIB
_FILES = "/v1/datasets"


class BodyLimit:
    """ASGI middleware; whoever reads a body that is too large gets an InvalidInputError.

    A body that says its length is refused unread, another one where it passes the limit.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, its body limited by what its address is for."""
        if scope["type"] == "http":
            receive = _limited(receive, scope)
        await self._app(scope, receive, send)


def _limited(receive: Receive, scope: Scope) -> Receive:
    takes_files = scope["path"] == _FILES
    most = _FILE_BYTES_MAX if takes_files else _JSON_BYTES_MAX
    declared = Headers(scope=scope).get("content-length", "")
    received = int(declared) if declared.isdecimal() and int(declared) > most else 0

    async def receive_up_to_the_limit() -> Message:
        nonlocal received
        if received <= most:
            message = await receive()
            received += len(message.get("body", b""))
            if received <= most:
                return message
        allowed = f"at most {most // _MIB} MiB"
        raise InvalidInputError(
            FieldError(
                field="body",
                message=f"is larger than {most // _MIB} MiB",
                allowed=f"{allowed}; import it in parts" if takes_files else allowed,
            )
        )

    return receive_up_to_the_limit
