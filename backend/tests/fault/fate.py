"""What a seed has in store for an order: when it fills, in which parts, or how it ends."""

from decimal import Decimal
from random import Random

from tests.fault.orders import SECOND, End, Habits, Part

PARTS_MAX = 4
FINEST_PART = Decimal("0.000001")
BETTER = tuple(Decimal(text) for text in ("0.001", "0.002", "0.0025", "0.004"))


def nanoseconds(random: Random, seconds: tuple[float, float]) -> int:
    """Return a duration in nanoseconds out of a range of seconds."""
    return int(random.uniform(*seconds) * SECOND)


def draw_parts(
    random: Random, *, habits: Habits, quantity: Decimal, accepted_at: int
) -> list[Part]:
    """Return the parts in which `quantity` fills, one mostly, in order of time."""
    due = accepted_at + nanoseconds(random, habits.fill_seconds)
    count = random.randint(2, PARTS_MAX) if random.random() < habits.in_parts else 1
    parts = []
    for piece in _pieces(random, quantity, count):
        better = random.choice(BETTER) if random.random() < habits.better_price else Decimal(0)
        parts.append(Part(due=due, quantity=piece, better=better))
        due += nanoseconds(random, habits.part_seconds)
    return parts


def draw_end(
    random: Random, *, habits: Habits, accepted_at: int, last_due: int, expires_at: int
) -> tuple[int, End]:
    """Return how and when the order ends unless it fills before: mostly at the session's end."""
    drawn = random.random()
    somewhere = accepted_at + int(random.random() * (last_due - accepted_at))
    for chance, end in (
        (habits.rejected_later, End.REJECTED),
        (habits.expired_early, End.EXPIRED),
        (habits.canceled_by_broker, End.CANCELED),
    ):
        drawn -= chance
        if drawn < 0:
            # Rejections come before the first fill, the others between any two.
            early = accepted_at + (somewhere - accepted_at) // 10
            return (early if end is End.REJECTED else somewhere), end
    return expires_at, End.EXPIRED


def _pieces(random: Random, quantity: Decimal, count: int) -> list[Decimal]:
    step = Decimal(1) if quantity == quantity.to_integral_value() else FINEST_PART
    pieces: list[Decimal] = []
    left = quantity
    for _ in range(count - 1):
        steps = int(left / step)
        if steps < 2:
            break
        pieces.append(random.randint(1, steps - 1) * step)
        left -= pieces[-1]
    return [*pieces, left]
