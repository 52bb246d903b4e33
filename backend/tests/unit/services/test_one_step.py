"""Every driver asks the same rules: the one `step` of the domain, not a copy of it."""

from types import ModuleType

import pytest

import app.domain.blocked_order
import app.domain.shadow_twin
import app.domain.step
import app.domain.what_if
import app.services.evaluate
import app.services.gate_ledger
import app.services.manage_position
import app.services.tick
import app.simulation.market

DRIVERS = (
    app.domain.blocked_order,
    app.domain.shadow_twin,
    app.domain.what_if,
    app.services.gate_ledger,
    app.services.tick,
    app.services.evaluate,
    app.services.manage_position,
    app.simulation.market,
)


class TestStep:
    @pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.__name__)
    def test_is_one_function_object_in(self, driver: ModuleType) -> None:
        assert vars(driver)["step"] is app.domain.step.step
