"""What happens to an account between two sessions, in the order of the rules."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from tests.reference.bars import Bar
from tests.reference.rounding import MICRO, TICK, down, half_up
from tests.reference.terms import Account, Receivable, Strategy


def open_session(
    *, account: Account, strategy: Strategy, last: Bar, first: Bar, cash_rate: Fraction
) -> Account:
    """Return the account before the first evaluation of the session that `first` opens.

    Interest comes first: it is earned on the cash that lay idle since the session of `last`.
    """
    account = _with_interest(account, cash_rate, (first.session - last.session).days)
    account = _after_split(account, first, strategy.lot)
    account = _after_dividend(account, strategy, first, last.close / first.split)
    due = [item for item in account.receivables if item.due <= first.session]
    return replace(
        account,
        cash=account.cash + sum((item.amount for item in due), Fraction(0)),
        receivables=tuple(item for item in account.receivables if item not in due),
    )


def _with_interest(account: Account, cash_rate: Fraction, days: int) -> Account:
    earned = down(account.cash * cash_rate * days / 365, MICRO)
    return replace(account, cash=account.cash + earned)


# The remainder below the lot is sold at the open without cost.
def _after_split(account: Account, bar: Bar, lot: Fraction) -> Account:
    if bar.split == 1:
        return account
    exact = account.shares * bar.split
    shares = down(exact, lot)
    anchor = account.anchor
    return replace(
        account,
        shares=shares,
        cash=account.cash + down((exact - shares) * bar.open, MICRO),
        anchor=None if anchor is None else half_up(anchor / bar.split, TICK),
    )


def _after_dividend(
    account: Account, strategy: Strategy, bar: Bar, previous_close: Fraction
) -> Account:
    if bar.dividend == 0:
        return account
    net = down(account.shares * bar.dividend * (1 - strategy.withholding_rate), MICRO)
    due = bar.pay_date or bar.session + timedelta(days=strategy.pay_lag_days)
    anchor = account.anchor
    if anchor is not None and strategy.adjust_anchor:
        anchor = half_up(anchor * (previous_close - bar.dividend) / previous_close, TICK)
    return replace(
        account,
        anchor=anchor,
        receivables=(*account.receivables, Receivable(due=due, amount=net)),
    )
