"""The command that is the backend: it trades first and brings API and dashboard meanwhile."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from app.adapters.embedded.process import HOST
from app.adapters.embedded.services import joined_services
from app.cli_services import create_schema
from app.settings import Settings

if TYPE_CHECKING:
    from app.services.catalogue import Services
    from app.services.ports import Clock

# Without a price to look at, the dashboard is there to say so.
FIRST_LOOKS_SECONDS = 1.0


@contextmanager
def run_product(settings: Settings, *, clock: "Clock") -> "Iterator[Services]":
    """Run the use cases on the database of `settings`, which may be empty."""
    from app.bootstrap import running_services

    create_schema(database_url=settings.required_database_url())
    with running_services(settings, clock=clock) as services:
        yield services


def serve(*, settings: Settings, clock: "Clock") -> int:
    """Trade, serve API and dashboard until told to stop, and return 0; `up` runs this detached."""
    # What the imports make stays; to look for garbage in it takes a sixth of a start.
    gc.disable()
    with joined_services(state=settings.state), ExitStack() as product:
        services = product.enter_context(run_product(settings, clock=clock))

        @contextmanager
        def running(_settings: Settings) -> "Iterator[Services]":
            # They end with the server, whose last act may be to end the process by a signal.
            with product.pop_all():
                yield services

        # What is imported now takes nearly as long as all before; the first decisions go ahead.
        if settings.loop:
            services.loop.wait_for_first_looks(seconds=FIRST_LOOKS_SECONDS)
        import uvicorn

        from app.application import create_app

        application = create_app(settings, running=running)
        gc.freeze()
        gc.enable()
        uvicorn.run(
            application,
            host=HOST,
            port=settings.port,
            log_config=None,
            timeout_graceful_shutdown=5,
        )
    return 0
