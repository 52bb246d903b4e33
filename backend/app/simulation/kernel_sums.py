"""The compiled sums over a curve, from which its statistics follow."""

from app.domain import rules
from app.simulation.kernel_code import jitted


@jitted
def return_sums(values):  # type: ignore[no-untyped-def]
    """Return mean, smallest, largest, squared deviations and squared losses of the returns.

    The returns are those from each value to the next; the squares are sums. Sums carry their
    rounding error along (Neumaier 1974), so that they are as good as exact ones.
    """
    count = len(values) - 1
    total = lost = 0.0
    smallest = largest = _change(values, 1)
    for index in range(1, count + 1):
        change = _change(values, index)
        smallest, largest = min(smallest, change), max(largest, change)
        total, lost = _add(total, lost, change)
    mean = (total + lost) / count
    squares = squares_lost = losses = losses_lost = 0.0
    for index in range(1, count + 1):
        change = _change(values, index)
        squares, squares_lost = _add(squares, squares_lost, (change - mean) ** 2)
        losses, losses_lost = _add(losses, losses_lost, min(change, 0.0) ** 2)
    return mean, smallest, largest, squares + squares_lost, losses + losses_lost


@jitted
def share_sums(values, stocks, min_stock, max_stock):  # type: ignore[no-untyped-def]
    """Return the sum of the values and of the stock shares, and how many shares are inside."""
    total = lost = shares = shares_lost = 0.0
    inside = 0
    for index in range(len(values)):
        value, stock = values[index], stocks[index]
        total, lost = _add(total, lost, float(value))
        shares, shares_lost = _add(shares, shares_lost, stock / value)
        least = rules.muldiv_up(min_stock, value, 10**6)
        inside += least <= stock <= rules.muldiv(max_stock, value, 10**6)
    return total + lost, shares + shares_lost, inside


@jitted
def deepest_fall(values):  # type: ignore[no-untyped-def]
    """Return the indexes of peak and trough of the deepest fall, the first of equally deep ones."""
    peak = deepest_peak = trough = 0
    deepest = 0.0
    for index in range(len(values)):
        if values[index] > values[peak]:
            peak = index
        depth = (values[index] - values[peak]) / values[peak]
        if depth < deepest:
            deepest, deepest_peak, trough = depth, peak, index
    return deepest_peak, trough


@jitted
def _change(values, index):  # type: ignore[no-untyped-def]
    return (values[index] - values[index - 1]) / values[index - 1]


@jitted
def _add(total, lost, number):  # type: ignore[no-untyped-def]
    summed = total + number
    if abs(total) >= abs(number):
        return summed, lost + (total - summed + number)
    return summed, lost + (number - summed + total)
