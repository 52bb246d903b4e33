"""What the dashboard shows, read from the screen, and how it must write what the API says."""

from decimal import ROUND_HALF_UP, Decimal

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.e2e.conftest import ProductInSession

PATIENCE_MILLISECONDS = 20_000


def context_of(
    browser: Browser, product: ProductInSession, *, width: int, theme: str
) -> BrowserContext:
    """Return a new browser window on the product, at its time."""
    context = browser.new_context(
        base_url=product.backend.base_url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-US",
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    context.clock.set_system_time(product.clock.now())
    return context


def shown(where: Page | Locator, field: str) -> str:
    """Return the text of the first value on screen that shows this field of the API."""
    return where.locator(f'[data-q="{field}"]').first.inner_text().replace("\u202f", " ")


def money(amount: str) -> str:
    """Return an amount as the dashboard must write it."""
    cents = Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{'−' if cents < 0 else ''}${abs(cents):,}"


def exact(printed: str) -> Decimal:
    """Return the amount of a printed change in dollars."""
    return Decimal(printed.replace("−", "-").replace("$", "").replace(",", ""))


def signed_percent(fraction: str) -> str:
    """Return a return as the grid of months must write it."""
    tenths = (Decimal(fraction) * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    sign = "+" if tenths > 0 else "−" if tenths < 0 else ""
    return f"{sign}{abs(tenths)}"
