"""The machine code of the kernel, compiled once and kept in pytest's own cache."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def code_folder(request: pytest.FixtureRequest) -> Path:
    """Return the folder for machine code; it outlives the run, as a change of source is seen."""
    assert request.config.cache is not None
    return request.config.cache.mkdir("kernel")
