"""What changed between two versions of a dataset."""

from array import array
from dataclasses import replace
from datetime import date

from app.domain.corporate_action import Dividend, Split
from app.simulation.difference import Change, difference
from tests.price_files import daily_bars, flat

BEFORE = daily_bars([flat("10"), flat("11"), flat("12")])


class TestDifference:
    def test_of_equal_bars_is_none(self) -> None:
        found = difference(before=BEFORE, after=BEFORE)
        assert (found.added, found.removed, found.changed) == (0, 0, 0)
        assert (found.changes, found.actions) == ((), ())

    def test_counts_bars_that_came_and_went(self) -> None:
        after = daily_bars([flat("11"), flat("12"), flat("13"), flat("14")], first=date(2020, 1, 7))
        found = difference(before=BEFORE, after=after)
        assert (found.added, found.removed, found.changed) == (2, 1, 0)

    def test_names_the_values_of_a_changed_bar(self) -> None:
        closes = array("q", BEFORE.closes)
        closes[1] = 111_100
        volumes = array("q", BEFORE.volumes)
        volumes[1] = 99
        found = difference(before=BEFORE, after=replace(BEFORE, closes=closes, volumes=volumes))
        assert found.changed == 1
        assert found.changes == (
            Change(place="2020-01-07", what="close", before="11", after="11.11"),
            Change(place="2020-01-07", what="volume", before="100", after="99"),
        )

    def test_lists_the_first_values_alone(self) -> None:
        many = daily_bars([flat("10")] * 40)
        closes = array("q", (price + 1 for price in many.closes))
        found = difference(before=many, after=replace(many, closes=closes))
        assert (found.changed, len(found.changes)) == (40, 10)
        assert found.changes[0].place == "2020-01-06"

    def test_lists_every_dividend_and_split(self) -> None:
        kept = Dividend(ex_date=date(2020, 1, 6), per_share=1, pay_date=None)
        old = Dividend(ex_date=date(2020, 1, 7), per_share=500_000, pay_date=None)
        before = replace(BEFORE, dividends=(kept, old))
        after = replace(
            BEFORE,
            dividends=(kept, replace(old, per_share=480_000)),
            splits=(Split(ex_date=date(2020, 1, 8), numerator=3, denominator=2),),
        )
        assert difference(before=before, after=after).actions == (
            Change(place="2020-01-07", what="dividend", before="0.5", after="0.48"),
            Change(place="2020-01-08", what="split", before=None, after="3:2"),
        )
