"""Errors on the wire: RFC 9457 problems, from one table."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.domain.errors import (
    BrokerError,
    ConflictError,
    DomainError,
    FieldError,
    InvalidInputError,
    NotFoundError,
    ProviderError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One field outside its range."""

    field: str
    message: str
    allowed: str


class Problem(BaseModel):
    """What happened, what it means, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem] | None = None
    reason: str | None = None
    code: str | None = None
    provider: str | None = None
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: HTTPStatus
    name: str
    title: str
    detail: str
    extra: Mapping[str, object] = field(default_factory=dict)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the documentation of the problems that an endpoint answers with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "model": Problem,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def install_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    _document_problems(app)

    @app.exception_handler(DomainError)
    def _domain(request: Request, error: DomainError) -> Response:
        return _response(request, _domain_answer(error))

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> Response:
        return _response(request, _invalid([_field_error(item) for item in error.errors()]))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        match error.__cause__:  # what FastAPI met while it read the body
            case DomainError() as cause:
                return _domain(request, cause)
            case RecursionError():
                return _response(request, _invalid([_no_json("is nested too deeply")]))
            case ValueError():
                return _response(request, _invalid([_no_json("is not JSON in UTF-8")]))
            case _:
                pass
        status = HTTPStatus(error.status_code)
        name = status.phrase.lower().replace(" ", "-")
        answer = _Answer(status=status, name=name, title=status.phrase, detail=str(error.detail))
        return _response(request, answer, error.headers)

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> Response:
        _log.error("unexpected error at %s", request.url.path, exc_info=error)
        return _response(
            request,
            _Answer(
                status=HTTPStatus.INTERNAL_SERVER_ERROR,
                name="internal-error",
                title="An error of ours",
                detail="The request met an error that we did not foresee; it was logged. "
                "Nothing of it was stored. Try again, and report it if it stays.",
            ),
        )


def _document_problems(app: FastAPI) -> None:
    """Describe problems by their media type alone; FastAPI adds that of the good answers."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        for path in document["paths"].values():
            for operation in path.values():
                for response in operation["responses"].values():
                    content = response.get("content", {})
                    if MEDIA_TYPE in content:
                        response["content"] = {MEDIA_TYPE: content[MEDIA_TYPE]}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way to extend the document


def _domain_answer(error: DomainError) -> _Answer:
    match error:
        case InvalidInputError(errors=errors):
            return _invalid(list(errors))
        case NotFoundError(what=what):
            return _Answer(
                status=HTTPStatus.NOT_FOUND,
                name="not-found",
                title=f"No such {what}",
                detail=str(error),
            )
        case ConflictError(reason=reason):
            return _Answer(
                status=HTTPStatus.CONFLICT,
                name="conflict",
                title="The present state does not allow this",
                detail=str(error),
                extra={"reason": reason},
            )
        case ProviderError(provider=provider, code=code, retry_after_seconds=seconds):
            return _Answer(
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                name="provider-unavailable",
                title=f"{provider.capitalize()} gave no answer",
                detail=str(error),
                extra={"provider": provider, "code": code, "retry_after_seconds": seconds},
            )
        case UnavailableError(what=what, retry_after_seconds=seconds):
            return _Answer(
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                name="dependency-unavailable",
                title=f"The {what} is away",
                detail=str(error),
                extra={"retry_after_seconds": seconds},
            )
        case BrokerError(retry_after_seconds=seconds):
            return _Answer(
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                name="broker-unavailable",
                title="The broker gave no usable answer",
                detail=str(error),
                extra={"retry_after_seconds": seconds},
            )
        case _:
            return _Answer(
                status=HTTPStatus.CONFLICT,
                name="conflict",
                title="The book does not allow this",
                detail=str(error),
            )


def _invalid(errors: list[FieldError]) -> _Answer:
    named = "; ".join(f"{e.field} {e.message}" for e in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return _Answer(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        name="invalid-input",
        title="Some fields are outside their range",
        detail=f"{named}{more}. Allowed: {errors[0].allowed}. Nothing was changed.",
        extra={
            "errors": [
                {"field": e.field, "message": e.message, "allowed": e.allowed} for e in errors
            ]
        },
    )


_NO_DATE = ("is no date", "a date such as 2024-12-31")
# What is wrong, and what is allowed, by the type of an error of the schema.
_SAID_BY_TYPE = {
    "extra_forbidden": ("is unknown", "only the documented fields"),
    "missing": ("is missing", "a value; the field is required"),
    "model_attributes_type": ("is not an object", "a JSON object"),
    "string_type": ("is not text", "text"),
    "int_type": ("is not a whole number", "a whole number"),
    "int_parsing": ("is not a whole number", "a whole number"),
    "bool_type": ("is neither true nor false", "true or false"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _NO_DATE),
}
_SHOWN_MAX = 40
_ALLOWED_BY_LIMIT = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "min_length": "at least {} characters",
    "max_length": "at most {} characters",
    "expected": "{}",
    "allowed": "{}",
}


def _field_error(item: Mapping[str, object]) -> FieldError:
    """Return what is wrong with one field, from one error of the schema."""
    if item["type"] == "json_invalid":  # its place is one in the text, not a field
        return _no_json("is not JSON")
    where = item["loc"]
    assert isinstance(where, tuple)
    path = [str(part) for part in where if part not in {"body", "query", "path", "header"}]
    context = item.get("ctx") or {}
    assert isinstance(context, Mapping)
    limits = [
        text.format(context[name]) for name, text in _ALLOWED_BY_LIMIT.items() if name in context
    ]
    unknown = (_message(item, context), "see the documentation of this request")
    message, allowed = _SAID_BY_TYPE.get(str(item["type"]), unknown)
    return FieldError(
        field=".".join(path) or "body",
        message=message,
        allowed=" and ".join(limits) or allowed,
    )


def _message(item: Mapping[str, object], context: Mapping[str, object]) -> str:
    if "allowed" in context or not context:  # the message is ours, or all that there is
        return str(item["msg"])[0].lower() + str(item["msg"])[1:]
    shown = repr(item.get("input"))
    return f"is {shown[:_SHOWN_MAX]}…" if len(shown) > _SHOWN_MAX else f"is {shown}"


def _no_json(message: str) -> FieldError:
    return FieldError(field="body", message=message, allowed="a JSON object")


def _response(
    request: Request, answer: _Answer, headers: Mapping[str, str] | None = None
) -> Response:
    retry = answer.extra.get("retry_after_seconds")
    body = {
        "type": f"/problems/{answer.name}",
        "title": answer.title,
        "status": answer.status.value,
        "detail": answer.detail,
        "instance": request.url.path,
        **answer.extra,
    }
    return Response(
        json.dumps(body),  # in ASCII, since a name that was sent need not be valid Unicode
        status_code=answer.status.value,
        media_type=MEDIA_TYPE,
        headers={**(headers or {}), **({} if retry is None else {"Retry-After": str(retry)})},
    )
