"""The event stream: what happens, told as it happens."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Request

from app.routes.dependencies import UseCases
from app.routes.event_source import EventSource, Streams
from app.routes.problems import problem_responses
from app.routes.v1.schemas.stream import StreamEventOut

router = APIRouter(tags=["system"])
LastEventId = Annotated[
    str | None, Header(description="The id of the last event that was seen, to go on after it.")
]


@router.get(
    "/stream",
    status_code=HTTPStatus.OK,
    response_class=EventSource,
    responses={
        200: {
            "model": StreamEventOut,
            "description": "Server-sent events: `event` is price, decision, order, fill, position, "
            "job, trading, health or reset, `data` its body as JSON, `id` its number. A `ping` of "
            "no meaning comes when nothing else does, every 15 seconds.",
        },
        **problem_responses(422, 503),
    },
)
async def follow_events(
    request: Request, use: UseCases, last_event_id: LastEventId = None
) -> EventSource:
    """Follow what happens from now on, or from the event after `Last-Event-ID`.

    Begins with `reset` when that event is not kept any more.
    """
    streams = request.app.state.streams
    assert isinstance(streams, Streams)
    streams.admit()
    return EventSource(events=use.events.follow(after=last_event_id), streams=streams)
