"""One call for all who ask the same question at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from app.domain.errors import ProviderError


class SingleFlight[T]:
    """Lets the first caller of a key do the work while later callers wait for its outcome.

    Nothing is kept once the call is over: the next caller after that asks anew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[T]] = {}

    def run(self, *, key: str, call: Callable[[], T]) -> T:
        """Return what `call` returns, in every thread that asked for `key` meanwhile.

        `call` must be bounded in time: the waiting threads wait as long as it takes.

        Raises
        ------
        ProviderError
            What `call` raised, in every waiting thread.
        """
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if leads:
            self._fly(key=key, flight=flight, call=call)
        return flight.result()

    def _fly(self, *, key: str, flight: Future[T], call: Callable[[], T]) -> None:
        try:
            flight.set_result(call())
        except ProviderError as error:
            flight.set_exception(error)
        finally:
            with self._lock:
                del self._flights[key]
            flight.cancel()  # does nothing to an outcome; wakes the waiting if there is none
