"""The replay under `close` against figures worked out by hand; the working is in comments."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.reference.bars import read_raw, read_split_adjusted
from tests.reference.evaluation import evaluate
from tests.reference.exact import Mix, opened
from tests.reference.handmade import DAY, F, bar, run
from tests.reference.passage import Passage
from tests.reference.session import open_session
from tests.reference.terms import Account, Policy, Reason, Side, Strategy

NOON = datetime(2024, 1, 2, 17, tzinfo=UTC)


class TestLimits:
    def test_count_proposals_by_session(self) -> None:
        bars = [bar(DAY, "97", hour=18), bar(DAY, "94", hour=19), bar(date(2024, 1, 3), "94")]
        kinds = [decision.reason for decision in run(bars, max_per_day=1).decisions]
        assert kinds == [Reason.TRIGGER, Reason.MAX_PER_DAY, Reason.TRIGGER]

    def test_wait_for_the_cooldown_and_not_longer(self) -> None:
        bars = [bar(DAY, "97", hour=18), bar(DAY, "94", hour=19), bar(DAY, "93", hour=20)]
        result = run(bars, cooldown=timedelta(hours=2))
        reasons = [decision.reason for decision in result.decisions]
        assert reasons == [Reason.TRIGGER, Reason.COOLDOWN, Reason.TRIGGER]


class TestFill:
    def test_books_cash_shares_and_anchor(self) -> None:
        # 10.4689 × 97 = 1,015.4833; commission 0.10154833, up; 10,000 − both = 8,984.415151
        result = run([bar(DAY, "97")])
        assert result.account.cash == F("8984.415151")
        assert (result.account.shares, result.account.anchor) == (F("110.4689"), F(97))
        assert result.curve[-1].equity == F("8984.415151") + F("110.4689") * 97

    def test_is_at_the_close_that_decided_it(self) -> None:
        result = run([bar(DAY, "99"), bar(date(2024, 1, 3), "97", opens="99", low="90")])
        (trade,) = result.trades
        assert (trade.decided_bar, trade.filled_bar, trade.market) == (1, 1, F(97))
        assert trade.at == result.decisions[1].at == result.curve[1].at

    def test_rounds_the_cost_up(self) -> None:
        # 999.997 / 96.99 = 10.31031…; 10.3103 × 97.0385 = 1,000.49604655, up; fee 0.100049…, up
        strategy = Strategy(policy=Policy.FIXED_FRACTION, slippage_bps=F(5))
        account = Account(shares=F(100), cash=F("9999.97"), anchor=F(100))
        decision = evaluate(
            account=account, strategy=strategy, price=F("96.99"), at=NOON, session=DAY
        )
        passage = Passage(account=account)
        (trade,) = passage.filled(decision, strategy=strategy, decided_bar=0, filled_bar=0).trades
        assert (trade.quantity, trade.price) == (F("10.3103"), F("97.0385"))
        assert (trade.notional, trade.commission) == (F("1000.496047"), F("0.10005"))

    def test_rounds_the_proceeds_down(self) -> None:
        # A tenth of 100 at 103.01 × 0.9995, down to 102.9584; 10.0007 × 102.9584 = 1,029.65607088
        result = run(
            [bar(DAY, "103.01")],
            shares="100.0070",
            policy=Policy.FIXED_FRACTION,
            slippage_bps=F(5),
        )
        (trade,) = result.trades
        assert (trade.side, trade.quantity, trade.price) == (Side.SELL, F("10.0007"), F("102.9584"))
        assert (trade.notional, trade.commission) == (F("1029.65607"), F("0.102966"))
        assert result.account.cash == F("11029.553104")  # 10,000 + 1,029.65607 − 0.102966


class TestSession:
    def test_books_a_dividend_and_pays_it_in_the_first_session_due(self) -> None:
        # Net 100 × 1.00 × 0.75 = 75; anchor 100 × (98 − 1) / 98 = 98.97959…; 30 days are 2 Feb
        days = [DAY, date(2024, 1, 3), date(2024, 2, 1), date(2024, 2, 5)]
        bars = [bar(day, "98", dividend=F(day == days[1])) for day in days]
        held = run(bars[:3])
        assert (held.account.receivable, held.account.cash) == (F(75), F(10_000))
        assert held.account.anchor == F("98.9796")
        paid = run(bars)
        assert (paid.account.receivable, paid.account.cash) == (F(0), F(10_075))

    def test_rounds_a_net_dividend_down_and_pays_on_its_known_date(self) -> None:
        # 100.0001 × 0.333333 × 0.75 = 24.999999999975
        days = [DAY, date(2024, 1, 3), date(2024, 1, 4)]
        ex = bar(days[1], "99", dividend=F("0.333333"), pay_date=days[2])
        bars = [bar(DAY, "99"), ex, bar(days[2], "99")]
        held = run(bars[:2], shares="100.0001")
        assert held.account.receivable == F("24.999999")
        paid = run(bars, shares="100.0001")
        assert (paid.account.receivable, paid.account.cash) == (F(0), F("10024.999999"))

    def test_knows_nothing_of_the_actions_of_the_opening_date(self) -> None:
        result = run([bar(DAY, "98", dividend=F(1), split=F(2))])
        assert (result.account.shares, result.account.receivable) == (F(100), F(0))

    def test_splits_before_the_dividend_and_sells_the_remainder_at_the_open(self) -> None:
        # 10.5 × 3/2 = 15.75: 15 whole shares and 0.75 × 66.67 = 50.0025; anchor 100 × 2/3, up
        # Dividend on 15 shares, 15 × 0.1 × 0.75 = 1.125; previous close 99 × 2/3 = 66:
        # 66.6667 × 65.9 / 66 = 66.565690…
        account = open_session(
            account=Account(shares=F("10.5"), cash=F(0), anchor=F(100)),
            strategy=Strategy(lot=F(1)),
            last=bar(DAY, "99"),
            first=bar(date(2024, 1, 3), "67", opens="66.67", split=F("1.5"), dividend=F("0.1")),
            cash_rate=F(0),
        )
        assert (account.shares, account.cash) == (F(15), F("50.0025"))
        assert (account.receivable, account.anchor) == (F("1.125"), F("66.5657"))

    def test_pays_interest_for_calendar_days_rounded_down(self) -> None:
        # Friday to Monday: 10,000 × 0.05 × 3 / 365 = 4.10958904…
        account = open_session(
            account=Account(shares=F(0), cash=F(10_000)),
            strategy=Strategy(),
            last=bar(date(2024, 1, 5), "100"),
            first=bar(date(2024, 1, 8), "100"),
            cash_rate=F("0.05"),
        )
        assert account.cash == F("10004.109589")


class TestOpening:
    def test_buys_its_share_at_the_first_price_to_the_lot(self) -> None:
        # 5,000 / 33.3333 = 150.00015…; 150.0001 × 33.3333 = 4,999.99833333, up
        mix = Mix(value=F(10_000), stock_fraction=F("0.5"))
        account = opened(mix, first_price=F("33.3333"), lot=F("0.0001"))
        assert (account.shares, account.cash) == (F("150.0001"), F("5000.001666"))


class TestReaders:
    def test_apply_splits_to_raw_prices_alone_and_round_once(self, tmp_path: Path) -> None:
        raw = tmp_path / "raw.csv"
        raw.write_text(
            "date,open,high,low,close,volume,dividend,split_ratio\n"
            "2020-08-31,127.67,131,126.25,129.04005,210024091,0.0000005,4.0\n"
        )
        adjusted = tmp_path / "adjusted.csv"
        adjusted.write_text(
            "date,open,high,low,close_splitadj,adj_close,volume,dividend_splitadj_derived,"
            "split_ratio\n2012-08-13,39.310001,39.389999,39.049999,39.299949,27.43,8898200,0,2\n"
        )
        start, end = date(2000, 1, 1), date(2020, 12, 31)
        (first,) = read_raw(raw, start=start, end=end)
        (second,) = read_split_adjusted(adjusted, start=start, end=end)
        assert (first.close, first.dividend, first.split) == (F("129.0401"), F("0.000001"), F(4))
        assert (second.open, second.close, second.split) == (F("39.31"), F("39.2999"), F(1))
        assert (second.high, second.low) == (F("39.39"), F("39.05"))
        assert first.start == datetime(2020, 8, 31, 13, 30, tzinfo=UTC)
        assert first.end == datetime(2020, 8, 31, 20, tzinfo=UTC)
