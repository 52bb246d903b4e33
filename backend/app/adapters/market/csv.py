"""Price files: comma-separated bars with dividends and splits, read completely or not at all."""

import csv
import io
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from app.adapters.market import csv_cells
from app.adapters.market.csv_cells import BarStarts
from app.adapters.market.csv_rows import OPTIONAL, PRICES, Rows
from app.domain.errors import FieldError, InvalidInputError
from app.simulation.bars import Adjustment, Bars, Resolution

BYTES_MAX = 64 * 2**20
ROWS_MAX = 5_000_000
_COLUMNS_MAX = 50
_SHOWN_MAX = 40
_ARCHIVE = b"PK\x03\x04"  # how a spreadsheet's own files begin


def read_csv(
    content: bytes, *, symbol: str, resolution: Resolution, adjustment: Adjustment, timezone: str
) -> Bars:
    """Return the bars and corporate actions of a price file.

    Parameters
    ----------
    content : UTF-8, at most 64 MiB and 5,000,000 rows, oldest first. Header in any order and
        case: `date` for daily bars or `timestamp` (bar start) for shorter ones, `open`, `high`,
        `low`, `close`; optional `volume`, `dividend`, `pay_date`, `split_ratio`.
    timezone : IANA name of the clock that timestamps without an offset were read from.

    Raises
    ------
    InvalidInputError
        With every place that is wrong, such as "line 17, close"; at most 50, and how many in all.

    Rounding
    --------
    Prices half up to a tick, dividends half up to a micro, once; split ratios are exact.
    """
    is_daily = resolution is Resolution.DAY
    zone = _zone(timezone)
    lines = _lines(content)
    _, header = next(lines, (1, []))
    if not header:
        raise _refusal("file", "is empty", allowed="a header and at least one bar")
    moment = "date" if is_daily else "timestamp"
    rows = Rows(
        names=_names(header, moment=moment),
        moment=moment,
        read_moment=csv_cells.daily if is_daily else BarStarts(zone=zone).read,
    )
    for count, (line, cells) in enumerate(lines, start=1):
        if count > ROWS_MAX:
            raise _refusal("file", f"has more than {ROWS_MAX} rows", allowed=f"{ROWS_MAX} rows")
        rows.add(line, cells)
    return rows.bars(symbol=symbol, resolution=resolution, adjustment=adjustment)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder, a path out of the database
        message = f"is {name!r}, which is no time zone"
        allowed = "an IANA name such as America/New_York or UTC"
        raise _refusal("timezone", message, allowed=allowed) from None


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of every line that has some, with its number; the header first."""
    if len(content) > BYTES_MAX:
        raise _refusal("file", f"has {len(content)} bytes", allowed=f"at most {BYTES_MAX} bytes")
    if content.startswith(_ARCHIVE):
        allowed = "text; save the sheet as CSV UTF-8"
        raise _refusal("file", "is a workbook or an archive", allowed=allowed)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"holds the byte 0x{content[error.start]:02x}, which is not UTF-8"
        raise _refusal(f"line {line}", message, allowed="text saved as UTF-8") from None
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        message = f"is not comma-separated values: {error}"
        allowed = "cells with commas between them, every quote closed"
        raise _refusal(f"line {reader.line_num}", message, allowed=allowed) from None


def _names(header: Sequence[str], *, moment: str) -> tuple[str, ...]:
    required = (moment, *PRICES)
    allowed = f"{', '.join(required)}, and if you like {', '.join(OPTIONAL)}, between commas"
    if len(header) > _COLUMNS_MAX:
        raise _refusal("line 1", f"has {len(header)} columns", allowed=allowed)
    names = tuple(name.strip().lower() for name in header)
    faults = [f"has no column {name}" for name in required if name not in names]
    faults += [
        f"has the unknown column {name[:_SHOWN_MAX]!r}"
        for name in names
        if name not in {*required, *OPTIONAL}
    ]
    faults += [
        f"has the column {name} twice" for index, name in enumerate(names) if name in names[:index]
    ]
    if faults:
        raise InvalidInputError(
            *(FieldError(field="line 1", message=fault, allowed=allowed) for fault in faults)
        )
    return names


def _refusal(field: str, message: str, *, allowed: str) -> InvalidInputError:
    return InvalidInputError(FieldError(field=field, message=message, allowed=allowed))
