"""The thread that looks, as long as the product runs, whether a harvest is due."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from app.domain.errors import DomainError
from app.services.harvest_bars import HarvestBars

_log = logging.getLogger(__name__)
LOOK_EVERY = timedelta(minutes=1)
_STOP_SECONDS = 2.0


@contextmanager
def harvesting(harvest: HarvestBars, *, look_every: timedelta = LOOK_EVERY) -> Iterator[None]:
    """Harvest what is due while open, looked for every `look_every`.

    The first look comes one interval after the start, which is busy enough. A harvest that is
    under way at the end is given up with the process; what it has archived stays.
    """
    stopping = threading.Event()

    def look() -> None:
        while not stopping.wait(look_every.total_seconds()):
            try:
                harvest.run_due()
            except DomainError as error:
                _log.warning("the harvest could not be looked after: %s", error)

    thread = threading.Thread(target=look, name="harvest", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_STOP_SECONDS)
