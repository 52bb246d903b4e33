"""The backend as `./vb up` starts it, by a clock that stands within a session."""

import os
import sys

from app import cli  # noqa: F401 - the command line that `vb up` starts it through
from app.cli_serve import serve
from app.settings import read_settings
from tests.e2e.session_clock import OFFSET_VARIABLE, SessionClock

if __name__ == "__main__":
    clock = SessionClock(offset_seconds=int(os.environ[OFFSET_VARIABLE]))
    sys.exit(serve(settings=read_settings(), clock=clock))
