# mypy: ignore-errors
# Run in the venv of the other engines, whose types are not at hand here.
"""backtesting.py: fills at the close, whole shares (it knows no others), its usual statistics."""

import warnings

import pandas as pd
from backtesting import Backtest, Strategy
from rule import MAX_PER_DAY, RATE, order_size
from serve import given, serve

warnings.simplefilter("ignore")
CASH = 100_000.0


class Rule(Strategy):
    anchor = 0.0
    today = 0
    day = None

    def init(self):
        pass

    def next(self):
        price = self.data.Close[-1]
        if not self.anchor:
            self.anchor = price
            self.buy(size=int(0.5 * CASH / price))
            return
        day = self.data.index[-1].date()
        if day != self.day:
            self.day, self.today = day, 0
        shares = self.position.size
        size = int(order_size(price, self.anchor, shares, self.equity - shares * price))
        if not size or self.today >= MAX_PER_DAY:
            return
        self.anchor = price
        self.today += 1
        if size > 0:
            self.buy(size=size)
        else:
            self.sell(size=-size)


closes = given()
bars = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), closes))


def run() -> tuple[float, int]:
    test = Backtest(
        bars, Rule, cash=CASH, commission=RATE, trade_on_close=True, finalize_trades=True
    )
    figures = test.run()
    return float(figures["Equity Final [$]"]), len(figures["_trades"])


serve(run)
