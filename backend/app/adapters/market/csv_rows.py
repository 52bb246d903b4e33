"""The rows of a price file, collected into columns of whole numbers."""

from array import array
from collections.abc import Callable, Sequence
from datetime import date

from app.adapters.market import csv_cells
from app.adapters.market.csv_cells import CellError, Moment
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import FieldError, InvalidInputError
from app.domain.units import price_text
from app.simulation.bars import Adjustment, Bars, Resolution

PRICES = ("open", "high", "low", "close")
OPTIONAL = ("volume", "dividend", "pay_date", "split_ratio")
FAULTS_LISTED_MAX = 50


class Rows:
    """Collects rows, and everything that is wrong with them; `moment` names the time column."""

    def __init__(
        self, *, names: Sequence[str], moment: str, read_moment: Callable[[str], Moment]
    ) -> None:
        self._position = {name: index for index, name in enumerate(names)}
        self._moment = moment
        self._read_moment = read_moment
        self._starts = array("q")
        self._sessions = array("q")
        self._prices = {name: array("q") for name in PRICES}
        self._volumes = array("q")
        self._dividends: list[Dividend] = []
        self._splits: list[Split] = []
        self._faults: list[FieldError] = []
        self._fault_count = 0
        self._columns: list[tuple[str, int, Callable[[str], int], array[int]]] = [
            (name, self._position[name], csv_cells.price, ticks)
            for name, ticks in self._prices.items()
        ]
        if "volume" in self._position:
            volume = ("volume", self._position["volume"], csv_cells.volume, self._volumes)
            self._columns.append(volume)
        self._has_actions = not {"dividend", "pay_date", "split_ratio"}.isdisjoint(names)

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Add the cells of line number `line`, or note what is wrong with them."""
        if len(cells) != len(self._position):
            allowed = f"{len(self._position)}, one for each column of the header"
            self._note(f"line {line}", f"has {len(cells)} cells", allowed=allowed)
            return
        is_dated = self._add_moment(line, cells[self._position[self._moment]])
        is_read = True
        for name, position, read, values in self._columns:
            try:
                values.append(read(cells[position]))
            except CellError as error:
                self._note_cell(line, name, error)
                is_read = False
        if is_read:
            self._check_range(line)
        if is_dated and self._has_actions:
            self._add_dividend(line, cells)
            self._add_split(line, cells)

    def bars(self, *, symbol: str, resolution: Resolution, adjustment: Adjustment) -> Bars:
        """Return the collected bars.

        Raises
        ------
        InvalidInputError
            With the first faults, and how many there are in all.
        """
        if not self._starts and not self._faults:
            self._note("file", "has no row below its header", allowed="at least one bar")
        if self._fault_count > len(self._faults):
            message = f"has {self._fault_count} faults, the first {len(self._faults)} listed here"
            self._faults.append(FieldError(field="file", message=message, allowed="no fault"))
        if self._faults:
            raise InvalidInputError(*self._faults)
        return Bars(
            symbol=symbol,
            resolution=resolution,
            adjustment=adjustment,
            starts=self._starts,
            ends=array("q", (start + resolution.seconds for start in self._starts)),
            sessions=self._sessions,
            opens=self._prices["open"],
            highs=self._prices["high"],
            lows=self._prices["low"],
            closes=self._prices["close"],
            volumes=self._volumes or array("q", bytes(8 * len(self._starts))),
            dividends=tuple(self._dividends),
            splits=tuple(self._splits),
        )

    def _check_range(self, line: int) -> None:
        """Note what of the row that was read last is not between its low and its high."""
        opened, high, low, close = (ticks[-1] for ticks in self._prices.values())
        if low <= opened <= high and low <= close <= high:
            return
        if low > high:
            message = f"is {price_text(low)}, above the high, {price_text(high)}"
            self._note(f"line {line}, low", message, allowed="at most the high")
            return
        for name, price in (("open", opened), ("close", close)):
            if not low <= price <= high:
                allowed = f"from the low, {price_text(low)}, to the high, {price_text(high)}"
                self._note(f"line {line}, {name}", f"is {price_text(price)}", allowed=allowed)

    def _add_moment(self, line: int, text: str) -> bool:
        try:
            start, session = self._read_moment(text)
        except CellError as error:
            self._note_cell(line, self._moment, error)
            return False
        if self._starts and start <= self._starts[-1]:
            is_same = start == self._starts[-1]
            message = f"is {text}, {'the same as' if is_same else 'earlier than'} the row before"
            allowed = "one row for each bar, oldest first"
            self._note(f"line {line}, {self._moment}", message, allowed=allowed)
            return False
        self._starts.append(start)
        self._sessions.append(session)
        return True

    def _add_dividend(self, line: int, cells: Sequence[str]) -> None:
        ex_date = date.fromordinal(self._sessions[-1])
        per_share = self._value(line, "dividend", cells, csv_cells.dividend)
        pay_date = self._value(line, "pay_date", cells, csv_cells.pay_date)
        if pay_date and (not per_share or pay_date < ex_date):
            message = f"is {pay_date}" if per_share else f"is {pay_date}, without a dividend"
            allowed = f"empty, or with a dividend a date from {ex_date}, its ex-date, on"
            self._note(f"line {line}, pay_date", message, allowed=allowed)
        elif per_share and any(last.ex_date == ex_date for last in self._dividends[-1:]):
            self._note(f"line {line}, dividend", "is the second one of its date", allowed="one")
        elif per_share:
            dividend = Dividend(ex_date=ex_date, per_share=per_share, pay_date=pay_date)
            self._dividends.append(dividend)

    def _add_split(self, line: int, cells: Sequence[str]) -> None:
        ex_date = date.fromordinal(self._sessions[-1])
        ratio = self._value(line, "split_ratio", cells, csv_cells.split_ratio)
        if ratio and any(last.ex_date == ex_date for last in self._splits[-1:]):
            self._note(f"line {line}, split_ratio", "is the second one of its date", allowed="one")
        elif ratio:
            split = Split(ex_date=ex_date, numerator=ratio.numerator, denominator=ratio.denominator)
            self._splits.append(split)

    def _value[T](
        self, line: int, name: str, cells: Sequence[str], read: Callable[[str], T]
    ) -> T | None:
        position = self._position.get(name)
        if position is None:
            return None
        try:
            return read(cells[position])
        except CellError as error:
            self._note_cell(line, name, error)
            return None

    def _note_cell(self, line: int, name: str, error: CellError) -> None:
        self._note(f"line {line}, {name}", error.message, allowed=error.allowed)

    def _note(self, field: str, message: str, *, allowed: str) -> None:
        self._fault_count += 1
        if self._fault_count <= FAULTS_LISTED_MAX:
            self._faults.append(FieldError(field=field, message=message, allowed=allowed))
