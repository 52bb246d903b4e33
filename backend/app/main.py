"""What an ASGI server runs: `uvicorn app.main:app`."""

from functools import partial

from fastapi import FastAPI

from app.adapters.clock import SystemClock
from app.application import create_app
from app.cli_serve import run_product
from app.logs import configure_logs
from app.settings import read_settings


def _configured() -> FastAPI:
    settings = read_settings()
    configure_logs(level=settings.log_level)
    return create_app(settings, running=partial(run_product, clock=SystemClock()))


app = _configured()
