"""How often a provider may be asked: a bucket of requests, and a breaker that opens on refusals.

A request takes one from the bucket, which fills again at a steady rate. The breaker opens when the
provider refuses or fails repeatedly; after a rest one request probes whether it is back, and only
its success closes the breaker again. The functions are pure: whoever keeps the budget, one process
or many together, applies them to what is kept.

Source: the bucket is the generic cell rate algorithm (ITU-T I.371), the breaker that of M. Nygard,
"Release It!".
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import ProviderFailure

_NONE = timedelta(0)
_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a provider is taken to bear.

    burst         requests at once, when none was made for long
    interval      time in which one more is allowed
    failures_max  failures in a row that open the breaker; a refusal (429) opens it at once
    rest          how long it stays open the first time; doubled each time in a row
    rest_max      and no longer than this, unless the provider itself asks for more
    probe         how long the outcome of a probe is waited for before another one may go
    """

    burst: int
    interval: timedelta
    failures_max: int
    rest: timedelta
    rest_max: timedelta
    probe: timedelta

    def __post_init__(self) -> None:
        assert self.burst >= 1, "a provider bears a request"
        assert self.failures_max >= 1, "the breaker opens on a failure at the earliest"
        spans = (self.interval, self.rest, self.rest_max, self.probe)
        assert all(timedelta(0) < span <= _LONGEST for span in spans), "spans are up to a day"


class Breaker(StrEnum):
    """Whether the provider is asked, left alone, or probed."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What is kept between requests; times in UTC.

    full_at      when the bucket is full again if nothing is asked until then
    failures     failures in a row
    trips        how often in a row the breaker opened
    cause        why it opened last
    open_until   None while it is closed
    probe_until  while a probe is under way, when it counts as lost
    """

    full_at: datetime
    failures: int = 0
    trips: int = 0
    cause: ProviderFailure | None = None
    open_until: datetime | None = None
    probe_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """One request may be made; `probes` when the breaker is open and its outcome decides."""

    probes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """No request may be made before `until`.

    `cause` says why the breaker is open; None when the bucket is empty.
    """

    until: datetime
    cause: ProviderFailure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that failed; `retry_after` is how long the provider asks to be left alone."""

    cause: ProviderFailure
    retry_after: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """The budget for people: requests `left` of `burst`, the breaker, and until when it is open."""

    left: int
    burst: int
    breaker: Breaker
    cause: ProviderFailure | None
    until: datetime | None


def admit(budget: Budget, *, allowance: Allowance, now: datetime) -> tuple[Budget, Permit | Wait]:
    """Return the budget after asking for one request at `now`, and whether it may be made.

    A budget that would last for longer than any rest is from a clock that was set back since; it
    begins anew.
    """
    if budget.full_at > now + _LONGEST + allowance.burst * allowance.interval:
        budget = Budget(full_at=now)
    for until in (budget.open_until, budget.probe_until):
        if until is not None and now < until:
            return budget, Wait(until=until, cause=budget.cause)
    next_at = budget.full_at - (allowance.burst - 1) * allowance.interval
    if now < next_at:
        return budget, Wait(until=next_at, cause=None)
    probes = budget.open_until is not None
    admitted = replace(
        budget,
        full_at=max(budget.full_at, now) + allowance.interval,
        probe_until=now + allowance.probe if probes else None,
    )
    return admitted, Permit(probes=probes)


def settle(
    budget: Budget,
    *,
    allowance: Allowance,
    now: datetime,
    permit: Permit,
    requests: int,
    failure: Failure | None,
) -> Budget:
    """Return the budget after a permitted question ended at `now`.

    `requests` is what the question took in all; those beyond the permitted one are taken from the
    bucket afterwards. `failure` is None when the provider answered, whatever it said.
    """
    further = max(requests - 1, 0) * allowance.interval
    charged = replace(budget, full_at=max(budget.full_at, now) + further) if further else budget
    if failure is None:
        return _answered(charged, permit=permit)
    is_open = charged.open_until is not None and not permit.probes
    failures = charged.failures + 1
    if is_open:  # asked before the breaker opened: nothing new but a longer wait
        return _prolonged(charged, allowance=allowance, until=now + (failure.retry_after or _NONE))
    is_refusal = failure.cause is ProviderFailure.RATE_LIMITED
    if is_refusal or permit.probes or failures >= allowance.failures_max:
        return _tripped(charged, allowance=allowance, now=now, failure=failure)
    return replace(charged, failures=failures)


def _answered(budget: Budget, *, permit: Permit) -> Budget:
    if permit.probes or budget.open_until is None:
        return Budget(full_at=budget.full_at)
    return budget  # asked before the breaker opened; only a probe closes it


def _tripped(budget: Budget, *, allowance: Allowance, now: datetime, failure: Failure) -> Budget:
    doublings = min(budget.trips, 16)
    rest = min(allowance.rest * 2**doublings, allowance.rest_max)
    if failure.retry_after is not None:
        # The provider's own time counts, and from the second time in a row ours as well.
        rest = max(failure.retry_after, rest if budget.trips else _NONE)
    opened = replace(
        budget,
        failures=0,
        trips=budget.trips + 1,
        cause=failure.cause,
        open_until=now,
        probe_until=None,
    )
    return _prolonged(opened, allowance=allowance, until=now + min(rest, _LONGEST))


def _prolonged(budget: Budget, *, allowance: Allowance, until: datetime) -> Budget:
    """Return the open budget with nothing in the bucket before `until`, and then one request."""
    assert budget.open_until is not None, "only an open breaker stays open for longer"
    empty = until + (allowance.burst - 1) * allowance.interval
    return replace(
        budget,
        open_until=max(budget.open_until, until),
        full_at=max(budget.full_at, empty),
    )


def look(budget: Budget, *, allowance: Allowance, now: datetime) -> BudgetStatus:
    """Return what is left of the budget at `now`, for people."""
    missing = -(-max(budget.full_at - now, _NONE) // allowance.interval)  # rounded up
    breaker = Breaker.CLOSED
    if budget.open_until is not None:
        breaker = Breaker.OPEN if now < budget.open_until else Breaker.HALF_OPEN
    return BudgetStatus(
        left=0 if breaker is Breaker.OPEN else max(allowance.burst - missing, 0),
        burst=allowance.burst,
        breaker=breaker,
        cause=budget.cause,
        until=budget.open_until if breaker is Breaker.OPEN else None,
    )
