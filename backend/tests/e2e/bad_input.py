"""Bad files and bad wishes for a simulation, each with what its refusal must name."""

from typing import Any

HEADER = "date,open,high,low,close,volume\n"
ROWS = (
    "2024-01-02,59,60,58.5,59.5,100\n2024-01-03,59.5,61,59,60,100\n2024-01-04,60,60.5,59,59.5,100\n"
)
DAILY = HEADER + ROWS
ACTIONS = "date,open,high,low,close,dividend,pay_date,split_ratio\n"

type BadFile = tuple[str | bytes, str, str, str]
"""A file, the place that is named, a part of what is wrong there, and of what is allowed."""


def _minutes(*times: str) -> str:
    return "timestamp,open,high,low,close\n" + "".join(f"{time},10,10,10,10\n" for time in times)


def _spoilt(old: str, new: str) -> str:
    assert old in DAILY
    return DAILY.replace(old, new)


PRICE = "a decimal from 0.0001 to 200000"
DATE = "a date as 2020-01-02"
FILES: dict[str, BadFile] = {
    "empty file": ("", "file", "is empty", "a header and at least one bar"),
    "header only": (HEADER, "file", "has no row below its header", "at least one bar"),
    "wrong header": (_spoilt("close", "last"), "line 1", "has no column close", "date, open"),
    "no header": (ROWS, "line 1", "has no column date", "date, open, high, low, close"),
    "unknown column": (
        _spoilt("volume", "adj_close"),
        "line 1",
        "has the unknown column 'adj_close'",
        "if you like volume, dividend, pay_date, split_ratio",
    ),
    "column twice": (_spoilt("volume", "close"), "line 1", "close twice", "date, open, high"),
    "semicolons": (DAILY.replace(",", ";"), "line 1", "has no column date", "between commas"),
    "time column": (_spoilt("date", "timestamp"), "line 1", "has no column date", "date, open"),
    "NaN": (_spoilt("59.5,100\n2024-01-03", "NaN,1\n2024-01-03"), "line 2, close", "NaN", PRICE),
    "infinite": (_spoilt("61,", "inf,"), "line 3, high", "is 'inf'", PRICE),
    "negative infinite": (_spoilt("58.5,", "-Infinity,"), "line 2, low", "'-Infinity'", PRICE),
    "negative price": (_spoilt("58.5,", "-58.5,"), "line 2, low", "is '-58.5'", PRICE),
    "zero price": (_spoilt("61,", "0,"), "line 3, high", "is '0'", PRICE),
    "no price": (_spoilt("61,", ","), "line 3, high", "is empty", PRICE),
    "huge price": (_spoilt("61,", "9" * 400 + ","), "line 3, high", "999…'", PRICE),
    "price of 10^999999999": (_spoilt("61,", "1e999999999,"), "line 3, high", "1e9999999", PRICE),
    "exponent": (_spoilt("61,", "1e5,"), "line 3, high", "is '1e5', with an exponent", PRICE),
    "negative exponent": (_spoilt("61,", "6.1E+01,"), "line 3, high", "with an exponent", PRICE),
    "thousands": (_spoilt("61,", '"1,061",'), "line 3, high", "is '1,061'", PRICE),
    "currency": (_spoilt("61,", "$61,"), "line 3, high", "is '$61'", PRICE),
    "low above high": (_spoilt("58.5,", "60.5,"), "line 2, low", "above the high, 60", "the high"),
    "close outside": (_spoilt("61,59,60,", "61,59,61.5,"), "line 3, close", "is 61.5", "to the"),
    "open outside": (_spoilt("59.5,61,", "58.9,61,"), "line 3, open", "is 58.9", "the low, 59"),
    "negative volume": (_spoilt("60,100", "60,-1"), "line 3, volume", "is '-1'", "from 0 to"),
    "duplicate date": (_spoilt("01-03", "01-02"), "line 3, date", "the same as the row", "one row"),
    "unsorted": (_spoilt("01-04", "01-01"), "line 4, date", "earlier than the row", "oldest first"),
    "13th month": (_spoilt("2024-01-03", "2020-13-01"), "line 3, date", "'2020-13-01'", DATE),
    "30th of February": (_spoilt("2024-01-03", "2024-02-30"), "line 3, date", "02-30", DATE),
    "other date form": (_spoilt("2024-01-03", "01/03/2024"), "line 3, date", "01/03/", DATE),
    "no date": (_spoilt("2024-01-03", ""), "line 3, date", "is empty", DATE),
    "year 9999": (_spoilt("2024-01-03", "9999-01-03"), "line 3, date", "9999", "1900 to 2100"),
    "year 0001": (_spoilt("2024-01-03", "0001-01-03"), "line 3, date", "0001", "1900 to 2100"),
    "future": (_spoilt("2024-01-04", "2098-01-03"), "2098-01-03", "later than now", "corrected"),
    "cents": (
        DAILY + "2024-01-05,6000,6100,5900,6000,100\n",
        "2024-01-05",
        "100 times above or below the close before",
        "corrected data",
    ),
    "dividend above the price": (
        ACTIONS + "2024-01-02,10,11,9,10,,,\n2024-01-03,10,11,9,10,10,,\n",
        "2024-01-03",
        "10",
        "corrected data",
    ),
    "split of nothing": (
        ACTIONS + "2024-01-02,10,11,9,10,,,0\n",
        "line 2, split_ratio",
        "is '0'",
        "new shares for one old share",
    ),
    "pay date before": (
        ACTIONS + "2024-01-02,10,11,9,10,0.4,2023-12-01,\n",
        "line 2, pay_date",
        "is 2023-12-01",
        "from 2024-01-02",
    ),
    "truncated row": (DAILY[:-12], "line 4", "has 4 cells", "6, one for each column"),
    "truncated quote": (DAILY + '2024-01-05,"60', "line 5", "unexpected end", "every quote closed"),
    "binary": (bytes(range(256)) * 40, "line 2", "not UTF-8", "text saved as UTF-8"),
    "zeros": (b"\0" * 10_000, "line 1", "has no column date", "date, open"),
    "workbook": (b"PK\x03\x04" + b"\0" * 500, "file", "is a workbook", "save the sheet as CSV"),
    "Latin-1": (DAILY.encode() + "é".encode("latin-1"), "line 5", "0xe9", "saved as UTF-8"),
    "UTF-16": (DAILY.encode("utf-16"), "line 1", "not UTF-8", "text saved as UTF-8"),
    "UTF-16 bare": (DAILY.encode("utf-16-le"), "line 1", "has no column date", "date, open"),
    "ten thousand columns": ("a," * 10_000, "line 1", "has 10001 columns", "date, open"),
    "endless cell": (HEADER + "9" * 200_000, "line 2", "field larger", "commas between"),
}
TIMES: dict[str, BadFile] = {
    "duplicate": (
        _minutes("2024-01-02T09:30:00", "2024-01-02T09:30:00"),
        "line 3, timestamp",
        "the same as the row before",
        "one row for each bar",
    ),
    "duplicate by another offset": (
        _minutes("2024-01-02T14:30:00+00:00", "2024-01-02T09:31:00-05:00"),
        "line 3, timestamp",
        "by another clock",
        "one offset in all rows, or the offsets of the time zone, America/New_York",
    ),
    "offset missing": (
        _minutes("2024-01-02T09:30:00-05:00", "2024-01-02T09:31:00"),
        "line 3, timestamp",
        "without an offset, unlike",
        "an offset in every row, or in none",
    ),
    "offset appearing": (
        _minutes("2024-01-02T09:30:00", "2024-01-02T14:31:00Z"),
        "line 3, timestamp",
        "with an offset, unlike",
        "an offset in every row, or in none",
    ),
    "overlap": (
        _minutes("2024-01-02T09:30:00", "2024-01-02T09:30:30"),
        "2024-01-02T14:30Z",
        "Begun before the bar before has ended",
        "corrected data",
    ),
    "twice in autumn": (
        _minutes("2023-11-05T01:30:00"),
        "line 2, timestamp",
        "happens twice in America/New_York",
        "a time with an offset",
    ),
    "date alone": (_minutes("2024-01-02"), "line 2, timestamp", "is '2024-01-02'", "a date and"),
    "epoch seconds": (_minutes("1704205800"), "line 2, timestamp", "'1704205800'", "a date and"),
    "hour 25": (_minutes("2024-01-02T25:30:00"), "line 2, timestamp", "T25:30", "a date and"),
}
type BadWish = tuple[dict[str, Any], str, str, str]
"""A change of a good request, and the same of it."""

SIMULATIONS: dict[str, BadWish] = {
    "end before start": ({"end": "2010-01-03"}, "start", "after the end", "the end, 2010-01-03"),
    "weekend": (
        {"start": "2010-01-09", "end": "2010-01-10"},
        "end",
        "no bar since 2010-01-09",
        "from 2000-01-03 to 2024-03-08",
    ),
    "before the data": ({"start": "1999-12-31"}, "start", "is 1999-12-31", "from 2000-01-03 to"),
    "after the data": ({"end": "2024-03-09"}, "end", "is 2024-03-09", "to 2024-03-08"),
    "no date": ({"start": "2010-13-01"}, "start", "'2010-13-01', not a date", "YYYY-MM-DD"),
    "date as a number": ({"start": 20100104}, "start", "is 20100104, not a date", "YYYY-MM-DD"),
    "date as a list": ({"end": ["2010-12-31"]}, "end", "not a date", "YYYY-MM-DD"),
    "no end": ({"end": None}, "end", "is missing", "YYYY-MM-DD"),
    "opening of another type": (
        {"opening": "5000"},
        "opening",
        "is not an object",
        "a JSON object",
    ),
    "opening of both kinds": (
        {"opening": {"cash": "1", "value": "1", "stock_fraction": "0.5"}},
        "opening.cash",
        "is unknown",
        "value, stock_fraction",
    ),
    "negative cash": (
        {"opening": {"cash": "-1", "shares": "1"}},
        "opening.cash",
        "is -1",
        "a decimal from 0 to",
    ),
    "float shares": (
        {"opening": {"cash": "1", "shares": 1.5}},
        "opening.shares",
        "is not a decimal written as text",
        "a decimal from 0 to",
    ),
    "exponent": ({"cash_rate": "1e-2"}, "cash_rate", "is not a decimal: '1e-2'", "from 0 to 1"),
    "nothing to start with": (
        {"opening": {"cash": "0", "shares": "0"}},
        "opening",
        "is worth 0 USD at the first price",
        "more than 0",
    ),
    "too much to start with": (
        {"opening": {"cash": "0", "shares": "1000000000"}},
        "opening",
        "USD at the first price",
        "up to",
    ),
    "far anchor": (
        {"opening": {"cash": "5000", "shares": "100", "anchor_price": "200"}},
        "opening.anchor_price",
        "is 200",
        "within a factor 2 of the first price",
    ),
    "unknown field": ({"luck": "1"}, "luck", "is unknown", "only the documented fields"),
    "unknown strategy field": (
        {"strategy": {"trigger": {"upp": "0.03"}}},
        "strategy.trigger.upp",
        "is unknown",
        "up, down",
    ),
    "strategy of another type": (
        {"strategy": [1]},
        "strategy",
        "is not an object",
        "a JSON object",
    ),
    "group of another type": (
        {"strategy": {"trigger": "0.03"}},
        "strategy.trigger",
        "object",
        "object",
    ),
    "unknown model": ({"execution": {"model": "magic"}}, "execution.model", "'magic'", "touch"),
    "path without touch": (
        {"execution": {"model": "close", "path": "olhc"}},
        "execution.path",
        "is given with the model close",
        "only with the model touch",
    ),
    "unknown path": (
        {"execution": {"model": "touch", "path": "lucky"}},
        "execution.path",
        "'lucky'",
        "pessimistic",
    ),
    "narrow band": (
        {"strategy": {"guardrails": {"min_stock": "0.5", "max_stock": "0.51"}}},
        "strategy.guardrails.max_stock",
        "too near to min_stock",
        "from min_stock + 0.02 = 0.52 to 1",
    ),
    "target outside the band": (
        {"strategy": {"sizing": {"policy": "target", "target": "0.8"}}},
        "strategy.sizing.target",
        "outside the guardrails",
        "from min_stock to max_stock",
    ),
    "slippage beyond the trigger": (
        {"strategy": {"trigger": {"up": "0.01"}, "costs": {"slippage_bps": "100"}}},
        "strategy.costs.slippage_bps",
        "not below the trigger",
        "less than 100",
    ),
}
