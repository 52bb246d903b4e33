"""The application: API and dashboard on one port."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.routes.body_limit import BodyLimit
from app.routes.dashboard import serve_dashboard
from app.routes.event_source import HEARTBEAT_SECONDS, Streams
from app.routes.problems import install_problems
from app.routes.v1 import (
    brokers,
    datasets,
    market,
    positions,
    proof,
    simulations,
    stream,
    system,
    timeline,
    trading,
)
from app.services.catalogue import Services
from app.settings import Settings

_HOSTS = ["127.0.0.1", "localhost"]

type Running = Callable[[Settings], AbstractContextManager[Services]]


def create_app(
    settings: Settings,
    *,
    running: Running,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> FastAPI:
    """Return the application; its services run while it does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        streams = Streams(heartbeat_seconds=heartbeat_seconds)
        with running(settings) as services, streams.ended_by_signals():
            app.state.services = services
            app.state.streams = streams
            yield

    app = FastAPI(
        title="Volatility-Balancing",
        version=system.VERSION,
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    install_problems(app)
    trades = (trading, brokers, positions, timeline, proof)
    for module in (system, stream, *trades, market, datasets, simulations):
        app.include_router(module.router, prefix="/v1")
    serve_dashboard(app, folder=settings.dashboard)
    app.add_middleware(BodyLimit)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.web_origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Content-Type", "Idempotency-Key"],
        expose_headers=["Location", "Retry-After"],
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
