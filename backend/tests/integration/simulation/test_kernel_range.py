"""The range in which the compiled arithmetic is exact, up to its ends and not beyond."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from app.domain import rules
from app.domain.errors import InvalidInputError
from app.simulation import kernel
from app.simulation.kernel_arrays import Integers
from app.simulation.prepared import prepare
from tests.integration.simulation.parity import MODELS, Execution, compare
from tests.unit.simulation.runs import daily, request


class TestRange:
    def test_refuses_a_commission_near_the_price(self, code_folder: Path) -> None:
        bars = daily("1", "1.1")
        costly = request(bars, strategy={"costs": {"commission_per_share": "0.2"}})
        with pytest.raises(InvalidInputError, match=r"up to 0\.1, a tenth of the lowest price"):
            kernel.run(prepared=prepare(bars), request=costly, code_folder=code_folder)

    @pytest.mark.parametrize(
        ("closes", "opening"),
        [
            (("100", "100000"), {"cash": "1", "shares": "300000"}),
            (("0.001", "0.0009", "0.0009"), {"cash": "100000000", "shares": "0"}),
        ],
    )
    @pytest.mark.parametrize("execution", MODELS[:3], ids=["close", "next_open", "touch"])
    def test_refuses_what_would_leave_exact_arithmetic(
        self,
        execution: Execution,
        closes: tuple[str, ...],
        opening: dict[str, str],
        code_folder: Path,
    ) -> None:
        bars = daily(*closes)
        with pytest.raises(InvalidInputError, match="400000000 USD at every price"):
            kernel.run(
                prepared=prepare(bars),
                request=request(bars, opening=opening, execution=dict(execution)),
                code_folder=code_folder,
            )

    @pytest.mark.parametrize("execution", MODELS[:3], ids=["close", "next_open", "touch"])
    def test_is_exact_up_to_its_end(self, execution: Execution, code_folder: Path) -> None:
        bars = daily(*(str(200_000 - 3_000 * (step % 7)) for step in range(40)))
        body = {"opening": {"value": "350000000", "stock_fraction": "0.5"}}
        wild = {"sizing": {"ratio": "100"}, "costs": {"slippage_bps": "50"}}
        for strategy in ({}, wild):
            compare(
                prepare(bars),
                {
                    "start": bars.session(0).isoformat(),
                    "end": bars.session(39).isoformat(),
                    "execution": dict(execution),
                    "strategy": {"trigger": {"up": "0.01", "down": "0.01"}} | strategy,
                    **body,
                },
                code_folder,
                Random(1),
            )


class TestMuldiv:
    def test_is_exact_for_a_million_triples(self, code_folder: Path) -> None:
        check_muldiv(1_000_000, code_folder)

    @pytest.mark.long
    def test_is_exact_for_nine_million_triples(self, code_folder: Path) -> None:
        check_muldiv(9_000_000, code_folder)

    def test_raises_where_the_quotient_does_not_fit(self, code_folder: Path) -> None:
        kernel.compiled(code_folder)
        from tests.integration.simulation.compiled_muldiv import quotients

        wide = np.array([2**62], np.int64)
        with pytest.raises(OverflowError):
            quotients(wide, np.array([3], np.int64), np.array([2], np.int64))


def check_muldiv(count: int, code_folder: Path) -> None:
    """Compare the two bodies on triples of every size, a third of them exact multiples."""
    kernel.compiled(code_folder)
    from tests.integration.simulation.compiled_muldiv import quotients

    for chunk in range(0, count, 1_000_000):
        a, b, c = drawn_triples(np.random.default_rng(chunk), min(count, 1_000_000))
        expected = [
            rules.muldiv(*triple) for triple in zip(a.tolist(), b.tolist(), c.tolist(), strict=True)
        ]
        assert quotients(a, b, c).tolist() == expected


def drawn_triples(random: np.random.Generator, count: int) -> tuple[Integers, Integers, Integers]:
    """Return factors and divisors whose quotient is below 2^62."""
    c = wide_integers(random, count, 51)
    a = wide_integers(random, count, 63)
    a = np.where(a / c < 2.0**61, a, a >> 3)
    bits = np.minimum(62, np.floor(61 + np.log2(c) - np.log2(a))).clip(0)
    b = np.maximum(1, (2.0 ** (bits * random.random(count)) - 1).astype(np.int64))
    multiple = random.random(count) < 1 / 3
    a = np.where(multiple & (a >= c), a // c * c, a)
    a *= random.choice([-1, 1], count)
    return a, b, c


def wide_integers(random: np.random.Generator, count: int, bits: int) -> Integers:
    """Return positive integers of all sizes below 2^bits."""
    return (random.integers(1, 2**bits - 1, count) >> random.integers(0, bits - 1, count)) + 1
