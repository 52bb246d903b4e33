"""Every recorded answer of Yahoo's chart endpoint, and what it must become; prices in ticks."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

from app.simulation.bars import Resolution
from tests.yahoo_replay import RECORDINGS, Answer, ChartRow, chart_answer, recording

NODE = "node-yahoo-finance2"
RUST = "yfinance-rs"
PRICEHIST = "pricehist"
TESTS = "yfinance-tests"
DAY = Resolution.DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file that becomes a history; opens, highs, lows and closes of its first and last bar."""

    file: str
    symbol: str
    bars: int
    start: date
    end: date
    first: tuple[int, int, int, int]
    last: tuple[int, int, int, int]
    dividends: int = 0
    splits: int = 0
    pending: int = 0  # bars that are not final
    resolution: Resolution = DAY
    read_at: datetime = datetime(2026, 8, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that becomes a typed error, with words of its message."""

    file: str
    symbol: str
    code: str
    words: str
    start: date = date(2020, 1, 2)
    end: date = date(2020, 1, 2)
    resolution: Resolution = DAY
    read_at: datetime = datetime(2026, 8, 1, tzinfo=UTC)


def _one_day(symbol: str, prices: tuple[int, int, int, int]) -> Read:
    return Read(
        file=f"{NODE}/chart-{symbol}-2020-01-01-to-2020-01-03.json",
        symbol=symbol,
        bars=1,
        start=date(2020, 1, 2),
        end=date(2020, 1, 2),
        first=prices,
        last=prices,
    )


def _foreign(symbol: str, words: str) -> Refused:
    return Refused(
        file=f"{NODE}/chart-{symbol}-2020-01-01-to-2020-01-03.json",
        symbol=symbol,
        code="NO_DATA",
        words=words,
    )


READ: tuple[Read, ...] = (
    _one_day("AAPL", (740600, 751500, 737975, 750875)),
    _one_day("ABBV", (890800, 895700, 885100, 895500)),
    _one_day("AFRAF", (112700, 112700, 112700, 112700)),
    _one_day("AMZN", (937500, 949005, 932075, 949005)),
    _one_day("CRON", (79200, 79600, 72300, 73600)),
    _one_day("EPAC", (261900, 263400, 257500, 261600)),
    _one_day("GOOG", (670775, 684070, 670775, 683685)),
    _one_day("QQQ", (2144000, 2161600, 2139800, 2161600)),
    _one_day("SPOT", (1510000, 1528000, 1496100, 1516200)),
    Read(
        file=f"{NODE}/chart-AAPL.json",
        symbol="AAPL",
        bars=1,
        start=date(2022, 2, 22),
        end=date(2022, 2, 22),
        first=(1649800, 1666900, 1621500, 1643200),
        last=(1649800, 1666900, 1621500, 1643200),
    ),
    Read(
        file=f"{NODE}/chart-AAPL-2020-08-31-to-2020-11-07.json",
        symbol="AAPL",
        bars=49,
        start=date(2020, 8, 31),
        end=date(2020, 11, 6),
        first=(1275800, 1310000, 1260000, 1290400),
        last=(1183200, 1192000, 1161300, 1186900),
        dividends=1,
        splits=1,
    ),
    Read(
        file=f"{NODE}/historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json",
        symbol="MSFT",
        bars=252,
        start=date(2021, 2, 1),
        end=date(2022, 1, 28),
        first=(2350600, 2425000, 2324300, 2396500),
        last=(3002300, 3084800, 2944500, 3082600),
        dividends=4,
    ),
    Read(
        file=f"{RUST}/history_chart_AAPL.json",
        symbol="AAPL",
        bars=127,
        start=date(2025, 4, 30),
        end=date(2025, 10, 29),
        first=(2093000, 2135800, 2066700, 2125000),
        last=(2692750, 2714100, 2671100, 2697000),
        dividends=2,
        pending=1,  # the day under way
    ),
    Read(
        file=f"{PRICEHIST}/ibm-long-partial.json",
        symbol="IBM",
        bars=10,
        start=date(1962, 1, 2),
        end=date(2021, 1, 8),
        first=(73741, 73741, 72913, 72913),
        last=(1229159, 1236329, 1213958, 1228776),
        dividends=10,
        splits=7,
    ),
    Read(
        file=f"{PRICEHIST}/tsla-recent.json",
        symbol="TSLA",
        bars=5,
        start=date(2021, 1, 4),
        end=date(2021, 1, 8),
        first=(2398200, 2481633, 2390633, 2432567),
        last=(2853333, 2948300, 2794633, 2933400),
    ),
    Read(
        file=f"{TESTS}/CALM-1d-no-bad-divs.csv",
        symbol="CALM",
        bars=662,
        start=date(2022, 1, 3),
        end=date(2024, 8, 21),
        first=(370300, 377600, 363200, 377000),
        last=(718000, 719900, 712600, 718900),
        dividends=10,
    ),
    Read(
        file=f"{TESTS}/EWG-1d-no-bad-divs.csv",
        symbol="EWG",
        bars=662,
        start=date(2022, 1, 3),
        end=date(2024, 8, 21),
        first=(331200, 331900, 330000, 331600),
        last=(319000, 320800, 318300, 320400),
        dividends=5,
    ),
    # Before and after hours too; its bad print at 04:00 is not in the regular session.
    Read(
        file=f"{TESTS}/EA-15m-no-bad-divs.csv",
        symbol="EA",
        bars=176,
        start=date(2026, 5, 26),
        end=date(2026, 6, 3),
        first=(2006065, 2009950, 2005800, 2009250),
        last=(2027850, 2028900, 2027700, 2027700),
        dividends=1,
        resolution=Resolution.QUARTER_HOUR,
        read_at=datetime(2026, 6, 10, tzinfo=UTC),
    ),
)

REFUSED: tuple[Refused, ...] = (
    _foreign("0P000071W8.TO", "'CAD'"),
    _foreign("AZT.OL", "'NOK'"),
    _foreign("BTC-USD", "'CRYPTOCURRENCY'"),
    _foreign("EURUSD=X", "'CURRENCY'"),
    _foreign("OCDO.L", "'GBp'"),
    _foreign("WSKT.JK", "'IDR'"),
    Refused(
        file=f"{NODE}/chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m.json",
        symbol="AAPL",
        code="CLOSED",
        words="the exchange was closed on all of these days",
        start=date(2025, 2, 1),
        end=date(2025, 2, 2),
        resolution=Resolution.MINUTE,
        read_at=datetime(2025, 2, 20, 12, tzinfo=UTC),
    ),
    Refused(
        file=f"{NODE}/chart-WSU.DE-2023-08-04-to-2023-08-09.json",
        symbol="WSU.DE",
        code="NO_DATA",
        words="'EUR'",
    ),
    Refused(
        file=f"{NODE}/historical-via-chart-0P0000XTS7-2024-09-12-to-2024-09-16.json",
        symbol="0P0000XTS7",
        code="NO_DATA",
        words="'MUTUALFUND'",
    ),
    Refused(file=f"{NODE}/quote-AAPL.json", symbol="AAPL", code="UNAVAILABLE", words="not a chart"),
    Refused(
        file=f"{NODE}/error-404-quoteSummary-assetProfile-ADH.json",
        symbol="ADH",
        code="UNKNOWN_SYMBOL",
        words="no symbol",
    ),
    # A recording of one symbol is no answer about another, nor in other bars.
    Refused(
        file=f"{NODE}/chart-AAPL.json", symbol="KO", code="UNAVAILABLE", words="another symbol"
    ),
    Refused(
        file=f"{NODE}/chart-AAPL.json",
        symbol="AAPL",
        code="UNAVAILABLE",
        words="bars of '1d' instead of 1h",
        start=date(2026, 7, 1),
        end=date(2026, 7, 2),
        resolution=Resolution.HOUR,
    ),
    Refused(
        file=f"{RUST}/history_chart_GS2C.DE.json", symbol="GS2C.DE", code="NO_DATA", words="'EUR'"
    ),
    Refused(
        file=f"{RUST}/history_chart_VFINX.json",
        symbol="VFINX",
        code="NO_DATA",
        words="'MUTUALFUND'",
    ),
    Refused(
        file=f"{RUST}/stream_ws_MULTI.b64",
        symbol="BTC-USD",
        code="UNAVAILABLE",
        words="not a chart",
    ),
    Refused(file=f"{PRICEHIST}/inrx-with-null.json", symbol="INR=X", code="NO_DATA", words="'INR'"),
    Refused(
        file="empty-1m-GRND3.SA.json",
        symbol="GRND3.SA",
        code="NO_DATA",
        words="'BRL'",
        start=date(2019, 10, 21),
        end=date(2019, 10, 21),
        resolution=Resolution.MINUTE,
        read_at=datetime(2019, 10, 22, tzinfo=UTC),
    ),
    *(
        Refused(file=f"{TESTS}/{name}.csv", symbol=symbol, code="NO_DATA", words=words)
        for name, symbol, words in (
            ("AET-L-1d-100x-error", "AET.L", "'GBp'"),
            ("AET-L-1d-100x-error-fixed", "AET.L", "'GBp'"),
            ("ALPHA-PA-1d-bad-stock-split", "ALPHA.PA", "'EUR'"),
            ("ALPHA-PA-1d-bad-stock-split-fixed", "ALPHA.PA", "'EUR'"),
            ("KAP-IL-1d-bad-div", "KAP.IL", "'Europe/London'"),
            ("KAP-IL-1d-bad-div-fixed", "KAP.IL", "'Europe/London'"),
            ("LA-V-1d-bad-stock-split", "LA.V", "'CAD'"),
            ("LA-V-1d-bad-stock-split-fixed", "LA.V", "'CAD'"),
        )
    ),
)

# What Yahoo says about the listings of which only the table that yfinance made of it is recorded.
_LISTINGS: Mapping[str, Mapping[str, str]] = {
    "EWG": {"instrumentType": "ETF"},
    "AET.L": {"currency": "GBp", "exchangeTimezoneName": "Europe/London"},
    "ALPHA.PA": {"currency": "EUR", "exchangeTimezoneName": "Europe/Paris"},
    "KAP.IL": {"currency": "USD", "exchangeTimezoneName": "Europe/London"},
    "LA.V": {"currency": "CAD", "exchangeTimezoneName": "America/Toronto"},
}


def replayed(file: str, *, symbol: str, resolution: Resolution) -> Answer:
    """Return the recorded answer in `file`; one kept as a table in the shape of an answer."""
    if not file.startswith(TESTS):
        return recording(file)
    with (RECORDINGS / file).open(newline="") as lines:
        table = sorted(csv.DictReader(lines), key=_moment)
    dated = [(_moment(line), Decimal(line["Dividends"])) for line in table]
    numbers = count()
    return chart_answer(
        symbol,
        interval=resolution,
        rows=[_row(line, resolution=resolution) for line in table],
        events={
            "dividends": {
                str(next(numbers)): {"amount": float(amount), "date": int(at.timestamp())}
                for at, amount in dated
                if amount
            }
        },
        **_LISTINGS.get(symbol, {}),
    )


def _row(line: Mapping[str, str], *, resolution: Resolution) -> ChartRow:
    at = _moment(line)
    if resolution is DAY:  # yfinance dates a day at midnight, Yahoo at its opening
        at = at.replace(hour=9, minute=30)
    prices: Sequence[str] = [line[name] for name in ("Open", "High", "Low", "Close")]
    return at, prices[0], prices[1], prices[2], prices[3], int(Decimal(line["Volume"]))


def _moment(line: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(line.get("Datetime") or line["Date"])
