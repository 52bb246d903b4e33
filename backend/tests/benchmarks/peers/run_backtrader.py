# mypy: ignore-errors
# Run in the venv of the other engines, whose types are not at hand here.
"""backtrader: fills at the close, no observers and no analyzers."""

import backtrader as bt
import pandas as pd
from rule import MAX_PER_DAY, RATE, order_size
from serve import given, serve

CASH = 100_000.0


class Rule(bt.Strategy):
    def __init__(self):
        self.anchor = 0.0
        self.today = 0
        self.day = None
        self.orders = 0

    def next(self):
        price = self.data.close[0]
        if not self.anchor:
            self.anchor = price
            self.buy(size=0.5 * CASH / price)
            return
        day = self.data.datetime.date(0)
        if day != self.day:
            self.day, self.today = day, 0
        size = order_size(price, self.anchor, self.position.size, self.broker.getcash())
        if not size or self.today >= MAX_PER_DAY:
            return
        self.anchor = price
        self.today += 1
        self.orders += 1
        if size > 0:
            self.buy(size=size)
        else:
            self.sell(size=-size)


closes = given()
bars = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), closes))


def run() -> tuple[float, int]:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=bars, timeframe=bt.TimeFrame.Minutes))
    cerebro.addstrategy(Rule)
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(commission=RATE)
    cerebro.broker.set_coc(True)
    (strategy,) = cerebro.run()
    return cerebro.broker.getvalue(), strategy.orders


serve(run)
