"""Orders and activities in the shape in which Alpaca sends them."""

from app.domain.book import OrderRecord
from app.domain.decision import ProposalReason, Side
from app.domain.order import OrderState
from tests.integration.broker.alpaca_server import NOW

ORDER_ID = "0f9f1d6e-5f6e-5a5e-9d5e-0b6c1d2e3f40"
BROKER_ID = "61e69015-8549-4bfd-b9c3-01e75843f47d"
KO = "KO"


def our_order(
    *, side: Side = Side.BUY, quantity: int = 1_500_000, limit_price: int = 868_799
) -> OrderRecord:
    return OrderRecord(
        id=ORDER_ID,
        decision_number=1,
        side=side,
        quantity=quantity,
        limit_price=limit_price,
        reason=next(iter(ProposalReason)),
        state=OrderState.NEW,
        created_at=NOW,
        done_at=None,
    )


def order(**changed: object) -> dict[str, object]:
    return {
        "id": BROKER_ID,
        "client_order_id": ORDER_ID,
        "symbol": KO,
        "side": "buy",
        "qty": "1.5",
        "notional": None,
        "filled_qty": "0",
        "status": "pending_new",
        "submitted_at": "2026-10-08T15:10:18.094153596Z",
        "limit_price": "86.87",
    } | changed


def numbered_order(n: int, *, second: int) -> dict[str, object]:
    at = f"2026-10-08T15:{second // 60:02d}:{second % 60:02d}.000000123Z"
    return order(id=f"broker-{n}", client_order_id=f"ours-{n}", submitted_at=at)


def fill(**changed: object) -> dict[str, object]:
    return {
        "activity_type": "FILL",
        "type": "fill",
        "id": "20261008111018097::fc1f73e1",
        "order_id": BROKER_ID,
        "symbol": KO,
        "side": "buy",
        "qty": "1.5",
        "price": "86.878",
        "transaction_time": "2026-10-08T15:10:18.097465Z",
    } | changed


def cash(**changed: object) -> dict[str, object]:
    return {
        "activity_type": "DIV",
        "id": "20261008000000000::dividend",
        "date": "2026-10-08",
        "net_amount": "1.02",
        "symbol": KO,
        "qty": "2",
        "per_share_amount": "0.51",
        "status": "executed",
    } | changed


def always() -> bool:
    """Return that an order may leave, whenever that is asked."""
    return True
