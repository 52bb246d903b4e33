"""The rules as machine code: the same function objects, compiled; only `muldiv` has two bodies.

The compiled body of `muldiv` estimates the quotient in floating point and corrects it by the
exact remainder modulo 2^64. With 0 < c < 2^51 and a quotient below 2^62 the estimate is off by
at most 5 * 2^-53 * 2^62 + 1 < 2562, so the remainder stays below 2562 * 2^51 < 2^63 and is exact.
A larger quotient raises OverflowError; factors and divisor are kept in range by the callers.
"""

import inspect
from types import ModuleType

from numba import njit
from numba.extending import overload, register_jitable

from app.domain import entitlement, rules

QUOTIENT_MAX = 2.0**62

# Of code that makes no array: counting the references to those that it is given, which belong to
# the caller, took up to three quarters of its time.
jitted = njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload] # an untyped flag


@overload(rules.muldiv)
def _muldiv(a, b, c):  # type: ignore[no-untyped-def]  # noqa: ARG001 - numba passes types
    def quotient(a, b, c):  # type: ignore[no-untyped-def]
        estimate = float(a) * float(b) / float(c)
        if not -QUOTIENT_MAX < estimate < QUOTIENT_MAX:
            raise OverflowError
        near = int(estimate)
        return near + (a * b - near * c) // c

    return quotient


def _register(module: ModuleType) -> None:
    for function in vars(module).values():
        defined_here = inspect.isfunction(function) and function.__module__ == module.__name__
        if defined_here and function is not rules.muldiv:
            register_jitable(function)


_register(rules)
_register(entitlement)
