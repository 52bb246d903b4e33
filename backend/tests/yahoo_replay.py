"""A local server that answers yfinance with recorded and scripted responses of Yahoo Finance.

    with YahooReplay() as yahoo:
        market = YahooMarket(base_url=yahoo.base_url, ...)      # or VB_YAHOO_BASE_URL

        yahoo.quote("KO", price="59.52", at=moment)             # the same quote from now on
        yahoo.quote("KO", price="59.52")                        # dated at each serving
        yahoo.walk("KO", prices=ko_closes(), start=moment, step=timedelta(seconds=60))
        yahoo.script("KO", Answer(status=429, body=b"Too Many Requests\\r\\n"), recording(NAME))
        yahoo.script("/v1/test/getcrumb", Answer(status=500, body=b""))
        yahoo.script(chart_path("KO"), chart_answer("KO", interval="1d", rows=rows))
        yahoo.expire_crumb()                                    # 401 until a new one is fetched

        yahoo.quotes("KO")                                      # quote requests for KO so far
        yahoo.charts("KO")                                      # paths of its chart requests
        yahoo.requests                                          # every path asked for, in order

A script is a row of answers: each request takes the next one and the last one stays. A symbol
without a script gets the empty answer that Yahoo gives for an unknown symbol. Quotes have the
shape of the recorded AAPL quote; their prices come from recorded data too (`ko_closes`).
"""

import csv
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self, override
from urllib.parse import parse_qs, unquote, urlsplit

from app.adapters.clock import SystemClock

RECORDINGS = Path(__file__).parent / "recordings" / "yahoo"
UNKNOWN_SYMBOL = "yfinance-rs/quote_v7_GS2C.json"
INVALID_CRUMB = (
    b'{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}'
)

NO_SUCH_CHART = (
    b'{"chart":{"result":null,"error":{"code":"Not Found",'
    b'"description":"No data found, symbol may be delisted"}}}'
)

_QUOTE_PATH = "/v7/finance/quote"
_CHART_PATH = "/v8/finance/chart/"
_CRUMB_PATH = "/v1/test/getcrumb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response; a body that depends on the request or its moment is a function of the path."""

    status: int = 200
    body: bytes | Callable[[str], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0


def recording(name: str) -> Answer:
    """Return the recorded response `name`, a path below `RECORDINGS`."""
    recorded = (RECORDINGS / name).read_bytes()
    exchange = json.loads(recorded)
    if "response" not in exchange:  # the body alone was recorded
        return Answer(body=recorded)
    response = exchange["response"]
    return Answer(status=response["status"], body=json.dumps(response["bodyJson"]).encode())


def ko_closes() -> tuple[str, ...]:
    """Return the recorded daily closes of KO from 2023-03-09 to 2024-03-08, oldest first."""
    with (RECORDINGS / "daily" / "KO-closes.csv").open(newline="") as lines:
        return tuple(row["close"] for row in csv.DictReader(lines))


def quote_answer(
    symbol: str,
    *,
    price: str,
    at: datetime | None = None,
    bid: str | None = None,
    ask: str | None = None,
    previous_close: str | None = None,
) -> Answer:
    """Return a regular-hours quote in the shape of the recorded AAPL quote.

    `at` None dates the trade at the moment of serving. Bid and ask None are shown as 0, which is
    how Yahoo shows that there is none.
    """
    template = json.loads((RECORDINGS / "yfinance-rs" / "quote_v7_AAPL.json").read_bytes())
    entry = template["quoteResponse"]["result"][0]
    for name in [name for name in entry if name.startswith("postMarket")]:
        del entry[name]
    entry |= {
        "symbol": symbol,
        "marketState": "REGULAR",
        "regularMarketPrice": float(price),
        "bid": float(bid or 0),
        "ask": float(ask or 0),
        "regularMarketPreviousClose": float(previous_close or price),
    }

    def body(_path: str) -> bytes:
        traded_at = SystemClock().now() if at is None else at
        dated = entry | {"regularMarketTime": int(traded_at.timestamp())}
        return json.dumps({"quoteResponse": {"result": [dated], "error": None}}).encode()

    return Answer(body=body)


type ChartRow = tuple[datetime, str | None, str | None, str | None, str | None, int | None]
"""A moment with open, high, low and close as text, and volume; None for null."""


def chart_path(symbol: str) -> str:
    """Return where the bars of `symbol` are asked for, as a target for a script."""
    return f"{_CHART_PATH}{symbol}"


def chart_answer(
    symbol: str,
    *,
    interval: str,
    rows: Sequence[ChartRow],
    events: Mapping[str, object] | None = None,
    **meta: str,
) -> Answer:
    """Return those of `rows` that a request asks for, in the shape of the recorded AAPL chart.

    `meta` replaces what the answer says about the symbol, such as `currency`.
    """
    template = json.loads((RECORDINGS / "yfinance-rs" / "history_chart_AAPL.json").read_bytes())
    about = template["chart"]["result"][0]["meta"]
    about |= {"symbol": symbol, "dataGranularity": interval, "range": ""} | meta

    def body(path: str) -> bytes:
        begins, ends = (int(_parameter(path, name)) for name in ("period1", "period2"))
        asked = [row for row in rows if begins <= row[0].timestamp() < ends]
        quote = {
            name: [row[n] if n == 5 else _number(row[n]) for row in asked]
            for n, name in enumerate(("open", "high", "low", "close", "volume"), start=1)
        }
        result = {
            "meta": about,
            "timestamp": [int(row[0].timestamp()) for row in asked],
            "events": events or {},
            "indicators": {"quote": [quote]},
        }
        return json.dumps({"chart": {"result": [result], "error": None}}).encode()

    return Answer(body=body)


def _number(text: object) -> float | None:
    return None if text is None else float(str(text))


class YahooReplay:
    """The server; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripts: dict[str, list[Answer]] = {}
        self._requests: list[str] = []
        self._crumb = 1
        self._closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._requests)

    def quotes(self, symbol: str) -> int:
        return sum(_target(path) == symbol for path in self.requests)

    def charts(self, symbol: str) -> tuple[str, ...]:
        return tuple(path for path in self.requests if _target(path) == chart_path(symbol))

    def script(self, target: str, *answers: Answer) -> None:
        """Answer requests for `target`, a symbol or a path, with `answers` from now on."""
        assert answers, "a script has at least one answer"
        with self._lock:
            self._scripts[target] = list(answers)

    def quote(
        self,
        symbol: str,
        *,
        price: str,
        at: datetime | None = None,
        bid: str | None = None,
        ask: str | None = None,
        previous_close: str | None = None,
    ) -> None:
        """Show this quote from now on; see `quote_answer`."""
        self.script(
            symbol,
            quote_answer(
                symbol, price=price, at=at, bid=bid, ask=ask, previous_close=previous_close
            ),
        )

    def walk(
        self, symbol: str, *, prices: Iterable[str], start: datetime | None, step: timedelta
    ) -> None:
        """Show the next of `prices` at every request, `step` apart from `start` on.

        `start` None dates each trade at the moment of serving.
        """
        self.script(
            symbol,
            *(
                quote_answer(symbol, price=price, at=None if start is None else start + n * step)
                for n, price in enumerate(prices)
            ),
        )

    def expire_crumb(self) -> None:
        """Refuse the crumb handed out so far."""
        with self._lock:
            self._crumb += 1

    def take(self, path: str) -> Answer:
        """Return the answer to a request, and remember that it was asked."""
        with self._lock:
            self._requests.append(path)
            crumb = f"crumb-{self._crumb}"
            target = _target(path)
            if urlsplit(path).path == _QUOTE_PATH and _parameter(path, "crumb") != crumb:
                return Answer(status=401, body=INVALID_CRUMB)
            answers = self._scripts.get(target)
            if answers is not None:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        if target == _CRUMB_PATH:
            return Answer(body=crumb.encode())
        if urlsplit(path).path == _QUOTE_PATH:
            return recording(UNKNOWN_SYMBOL)
        if target.startswith(_CHART_PATH):
            return Answer(status=404, body=NO_SUCH_CHART)
        return Answer(status=404, body=b"", headers={"Set-Cookie": "A3=replay; Path=/"})

    def pause(self, seconds: float) -> None:
        """Wait before an answer, but not longer than the server lives."""
        self._closing.wait(seconds)


def _target(path: str) -> str:
    if urlsplit(path).path == _QUOTE_PATH:
        return _parameter(path, "symbols")
    return unquote(urlsplit(path).path)


def _parameter(path: str, name: str) -> str:
    return parse_qs(urlsplit(path).query).get(name, [""])[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, replay: YahooReplay) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.replay = replay

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that stopped waiting is part of the play."""


class _Exchange(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.replay.take(self.path)
        self.server.replay.pause(answer.delay_seconds)
        body = answer.body(self.path) if callable(answer.body) else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: tests read `requests`."""
