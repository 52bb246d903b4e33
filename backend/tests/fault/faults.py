"""Seeded faults between a client and the simulated broker, and a count of those that happened.

faults = Faults(seed=7, writes={Fault.DROP_AFTER: 0.2}, reads={Fault.GARBAGE: 0.05})
faults.force("POST", Fault.GATEWAY_TIMEOUT)     # the next POST, whatever the rates say
faults.counts["POST drop_after"]                # really injected so far
faults.off()                                    # calm from now on; what lagged shows at once
"""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What may go wrong with a request; BEFORE and AFTER say when the broker acted on it."""

    DROP_BEFORE = "drop_before"  # connection reset, nothing was done
    DROP_AFTER = "drop_after"  # done, connection reset instead of an answer
    HELD_BACK = "held_back"  # connection reset; the order arrives at the exchange later
    SLOW = "slow"  # done, answered after the client has given up
    ERROR_BEFORE = "error_before"  # 500, 502 or 503, nothing was done
    ERROR_AFTER = "error_after"  # 500, 502 or 503, done
    GATEWAY_TIMEOUT = "gateway_timeout"  # 504, done
    THROTTLED = "throttled"  # 429 with Retry-After, nothing was done
    THROTTLED_BARE = "throttled_bare"  # 429 without Retry-After, nothing was done
    GARBAGE = "garbage"  # done, status of success, a body that says nothing
    TRUNCATED = "truncated"  # done, the answer breaks off


class Lag(StrEnum):
    """What the broker shows later than it knows it, or not in order."""

    ORDER = "order_lag"  # GET of an accepted order: 404
    CLIENT_ID = "client_id_lag"  # GET by client order id: 404
    ACTIVITY = "activity_lag"  # the fill is in the order, not in the activities
    TWICE = "activities_twice"  # an activity is listed again
    SHUFFLED = "activities_shuffled"  # a page is out of order


class StreamFault(StrEnum):
    """What happens to an event on its way to the listeners."""

    LOST = "event_lost"
    TWICE = "event_twice"
    SHUFFLED = "event_shuffled"  # sent after its successor
    CUT = "stream_cut"  # every listener is disconnected instead


BEFORE = frozenset(
    (Fault.DROP_BEFORE, Fault.ERROR_BEFORE, Fault.THROTTLED, Fault.THROTTLED_BARE, Fault.HELD_BACK)
)


@dataclass(kw_only=True)
class Faults:
    """Probabilities of faults, each drawn from a generator of its own so that none shifts another.

    `writes` are for POST and DELETE, `reads` for GET. Lags last up to `lag_seconds`.
    """

    seed: int = 0
    writes: Mapping[Fault, float] = field(default_factory=dict)
    reads: Mapping[Fault, float] = field(default_factory=dict)
    lags: Mapping[Lag, float] = field(default_factory=dict)
    stream: Mapping[StreamFault, float] = field(default_factory=dict)
    lag_seconds: float = 2.0
    held_back_seconds: float = 2.0
    slow_seconds: float = 5.0
    retry_after_seconds: int = 1
    active: bool = True
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._random = {name: Random(f"{self.seed}:{name}") for name in ("write", "read")}
        self._random |= {str(kind): Random(f"{self.seed}:{kind}") for kind in (*Lag, *StreamFault)}
        self._forced: defaultdict[str, deque[Fault | None]] = defaultdict(deque)

    @classmethod
    def storm(cls, *, seed: int, severity: float = 0.2) -> "Faults":
        """Return every fault at once; about `severity` of the requests suffer one."""
        each = severity / len(Fault)
        return cls(
            seed=seed,
            writes=dict.fromkeys(Fault, each),
            reads=dict.fromkeys(set(Fault) - {Fault.HELD_BACK}, each),
            lags=dict.fromkeys(Lag, severity),
            stream=dict.fromkeys(StreamFault, severity / 2),
        )

    def off(self) -> None:
        """Stop injecting; rates and counts stay."""
        self.active = False

    def on(self) -> None:
        """Inject again."""
        self.active = True

    def force(self, method: str, *kinds: Fault | None) -> None:
        """Let the next requests with `method` suffer `kinds`, one each; None lets one pass."""
        with self._lock:
            self._forced[method].extend(kinds)

    def request(self, *, method: str) -> Fault | None:
        """Return what happens to a request, counted, or None."""
        with self._lock:
            forced = self._forced[method]
            kind = forced.popleft() if forced else self._drawn(method)
            if kind is Fault.HELD_BACK and method != "POST":
                kind = Fault.DROP_BEFORE  # there is no order in it to arrive later
            if kind is not None:
                self.counts[f"{method} {kind}"] += 1
            return kind

    def choose[T](self, options: tuple[T, ...], *, method: str) -> T:
        """Return one of `options`: the form in which a fault shows."""
        with self._lock:
            return self._random["read" if method == "GET" else "write"].choice(options)

    def lag_of(self, kind: Lag) -> float:
        """Return by how many seconds something shows late, mostly 0; not counted before it does."""
        with self._lock:
            if not self.active or self._random[kind].random() >= self.lags.get(kind, 0):
                return 0.0
            return self._random[kind].uniform(0.1, 1.0) * self.lag_seconds

    def happens(self, kind: Lag | StreamFault) -> Random | None:
        """Return the generator to shape a fault with, or None when it does not happen."""
        rate = self.lags.get(kind, 0) if isinstance(kind, Lag) else self.stream.get(kind, 0)
        with self._lock:
            if not self.active or self._random[kind].random() >= rate:
                return None
            return self._random[kind]

    def count(self, kind: Lag | StreamFault) -> None:
        """Note that `kind` was seen by a client."""
        with self._lock:
            self.counts[kind] += 1

    def _drawn(self, method: str) -> Fault | None:
        if not self.active:
            return None
        rates, name = (self.reads, "read") if method == "GET" else (self.writes, "write")
        drawn = self._random[name].random()
        for kind in Fault:  # in a fixed order, so that a seed says the same everywhere
            drawn -= rates.get(kind, 0)
            if drawn < 0:
                return kind
        return None
