"""The book: the positions and everything that hangs on them, in one transaction."""

from app.adapters.postgres.accounts import Accounts
from app.adapters.postgres.actions import Actions
from app.adapters.postgres.decisions import Decisions
from app.adapters.postgres.ledger import Ledger
from app.adapters.postgres.movements import Movements
from app.adapters.postgres.orders import Orders
from app.adapters.postgres.positions import Positions
from app.adapters.postgres.requests import Requests
from app.adapters.postgres.switch import Switch


class PostgresBook(
    Positions, Decisions, Orders, Ledger, Actions, Movements, Accounts, Switch, Requests
):
    """Every aggregate of a position and the kill switch, on one connection."""
