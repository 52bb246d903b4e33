"""Bugs between the product and the wire of the broker."""

from tests.fault.bug import FATES, FILLS, READS, STRANGE, SUBMIT, Bug

BUGS = (
    Bug(
        name="Every sending has a new id",
        file="app/adapters/broker/alpaca_submission.py",
        text='"client_order_id": order.id,',
        instead='"client_order_id": order.id[:-2] + __import__("secrets").token_hex(1),',
        caught_by=f"{FATES}::TestALostAnswer::test_loses_no_fill_and_is_read_later",
    ),
    Bug(
        name="A server error is read as a refusal",
        file="app/adapters/broker/alpaca_submission.py",
        text="return Uncertain(\n                message=",
        instead="return Rejected(\n"
        "                account_trouble=False,\n"
        "                message=",
        caught_by=f"{FATES}::TestALostAnswer::test_loses_no_fill_and_is_read_later",
    ),
    Bug(
        name="An id that is there already is read as a refusal",
        file="app/adapters/broker/alpaca_submission.py",
        text="if status == 422 and _DUPLICATE in message.lower():",
        instead="if False:",
        caught_by=f"{SUBMIT}::TestSubmission::test_is_there_already",
    ),
    Bug(
        name="A refusal in the words of a proxy counts",
        file="app/adapters/broker/alpaca_submission.py",
        text="case 400 | 403 | 422 as status if message is not None:",
        instead='case 400 | 403 | 422 as status if (message := message or "refused"):',
        caught_by=f"{SUBMIT}::TestSubmission::test_is_uncertain",
    ),
    Bug(
        name="An answer about another order is taken for ours",
        file="app/adapters/broker/alpaca_submission.py",
        text="if own_id != order_id:",
        instead="if False:",
        caught_by=f"{SUBMIT}::TestSubmission::test_is_uncertain",
    ),
    Bug(
        name="A quantity leaves as a binary float",
        file="app/adapters/broker/alpaca_submission.py",
        text='"qty": shares_text(order.quantity),',
        instead='"qty": order.quantity / 1_000_000,  # type: ignore[dict-item]',
        caught_by=f"{SUBMIT}::TestOrder::test_is_a_limit_for_the_day_in_decimal_text",
    ),
    Bug(
        name="A limit is rounded beyond the worst price",
        file="app/adapters/broker/alpaca_submission.py",
        text="return worst_price // _TICKS_PER_CENT * _TICKS_PER_CENT",
        instead="return -(-worst_price // _TICKS_PER_CENT) * _TICKS_PER_CENT",
        caught_by=f"{SUBMIT}::TestOrder::test_has_a_legal_limit",
    ),
    Bug(
        name="An order may also be a market order",
        file="app/adapters/broker/alpaca_submission.py",
        text='"type": "limit",',
        instead='"type": "market",',
        caught_by=f"{SUBMIT}::TestOrder::test_is_a_limit_for_the_day_in_decimal_text",
    ),
    Bug(
        name="A redirect carries the order along",
        file="app/adapters/broker/alpaca_client.py",
        text="follow_redirects=False,",
        instead="follow_redirects=True,",
        caught_by=f"{SUBMIT}::TestSubmission::test_is_uncertain",
    ),
    Bug(
        name="Any 404 says that there is no order",
        file="app/adapters/broker/alpaca_json.py",
        text='return record(parsed(answer.body)).get("code") == NOT_FOUND_CODE',
        instead="return record(parsed(answer.body)) is not None",
        caught_by=f"{READS}::TestReading::test_raises_for_what_it_cannot_rely_on",
    ),
    Bug(
        name="A cancellation without an answer counts",
        file="app/adapters/broker/alpaca.py",
        text="is_done = answer.status in {200, 202, 204, 207, 422}",
        instead="is_done = answer.status != 404",
        caught_by=f"{READS}::TestOrders::test_are_not_known_to_be_canceled_without_an_answer",
    ),
    Bug(
        name="Only the first page of the fills is read",
        file="app/adapters/broker/alpaca.py",
        text='            asked["page_token"] = text(page[-1], "id")',
        instead="            return tuple(found.values())",
        caught_by=f"{READS}::TestFills::test_are_each_there_once_by_the_time_of_the_trade",
    ),
    Bug(
        name="A fill is known by another id each time",
        file="app/adapters/broker/alpaca_activities.py",
        text='fill_id=text(activity, "id"),',
        instead='fill_id=text(activity, "id") + __import__("secrets").token_hex(2),',
        caught_by=f"{STRANGE}::TestAnOrder::test_that_fills_at_once_moves_the_anchor_and_equals_the_broker",
    ),
    Bug(
        name="A bought fraction of a tick is given away",
        file="app/adapters/broker/alpaca_activities.py",
        text="{Side.BUY: rounded_up, Side.SELL: rounded_down}",
        instead="{Side.BUY: rounded_down, Side.SELL: rounded_up}",
        caught_by=f"{READS}::TestFills::test_are_rounded_against_us",
    ),
    Bug(
        name="A bust is read as a trade",
        file="app/adapters/broker/alpaca_activities.py",
        text='busts=text(activity, "previous_id") if kind == _TAKEN_BACK else None,',
        instead="busts=None,",
        caught_by=f"{STRANGE}::TestABust::test_is_reversed_to_the_last_micro_and_halts",
    ),
    Bug(
        name="A part of an order is taken for the whole",
        file="app/adapters/broker/alpaca_orders.py",
        text="if status in _LIVE:",
        instead='if status == "partially_filled":\n'
        "        return BrokerOrderState.FILLED\n"
        "    if status in _LIVE:",
        caught_by=f"{FILLS}::TestAFillInParts::test_is_booked_part_by_part_and_ends_at_its_mean_price",
    ),
)
