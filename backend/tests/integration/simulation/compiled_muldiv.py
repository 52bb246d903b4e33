"""The compiled body of `muldiv` over whole columns; imported once the kernel is compiled."""

import numpy as np
from numba import njit

from app.domain import rules
from app.simulation import kernel_code  # noqa: F401 - makes the rules compilable


@njit
def quotients(a, b, c):  # type: ignore[no-untyped-def]
    found = np.empty(len(a), np.int64)
    for index in range(len(a)):
        found[index] = rules.muldiv(a[index], b[index], c[index])
    return found
