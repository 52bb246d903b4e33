// The product's words for the API's codes: one place, so that a code reads the same everywhere.
import type { Execution } from "@/api/types";

export const GATES = [
  { code: "not_running", name: "Position running", failed: "the position is paused" },
  { code: "trading_halted", name: "Robot not halted", failed: "trading is halted" },
  { code: "session_closed", name: "Market session open", failed: "the market is closed" },
  { code: "price_invalid", name: "Price valid", failed: "the price is not usable" },
  {
    code: "price_frozen",
    name: "Provider moving",
    failed: "the same trade is shown for more than 5 min; the provider may stand still",
  },
  { code: "price_stale", name: "Price fresh", failed: "the price is more than 60 s old" },
  { code: "price_older", name: "Not older than the last used", failed: "the price is older" },
  { code: "price_duplicate", name: "Not used before", failed: "this trade was used before" },
  { code: "split_suspected", name: "No unconfirmed split", failed: "the jump looks like a split" },
  {
    code: "price_implausible",
    name: "Price plausible",
    failed: "the price is unusually far from the last one; two more trades near it confirm it",
  },
  { code: "spread_too_wide", name: "Spread within the collar", failed: "the spread is too wide" },
  { code: "order_in_flight", name: "No order in flight", failed: "an order is still open" },
  {
    code: "max_drawdown",
    name: "Within the largest drawdown",
    failed: "the value fell further from its peak than allowed",
  },
  {
    code: "daily_loss",
    name: "Within the largest daily loss",
    failed: "the value fell further than allowed since the day began",
  },
] as const;

const REASONS: Record<string, string> = {
  price_not_newer: "the price is not newer than the last used",
  anchor_set: "the anchor was set at this price",
  nothing_to_trade: "there is nothing to trade",
  inside_band: "the price is between the triggers",
  max_per_day: "the day's number of orders is used up",
  cooldown: "the last order is too recent",
  trimmed_to_zero: "no quantity is left after the limits",
  below_min_notional: "the order would be below the smallest trade",
  cost_exceeds_proceeds: "the commission would exceed cash and proceeds",
  trigger: "the price reached the trigger",
  drift: "the stock share left its limits",
  price_unknown: "no price is known yet",
  expired: "the data ended before the next open",
};

const RULES: Record<string, string> = {
  max_trade: "Largest trade",
  cash: "Cash",
  holdings: "Holdings",
  guardrail: "Guardrail",
  lot: "Lot",
};

const POLICIES: Record<string, string> = {
  proportional: "Proportional",
  target: "To a target share",
  fixed_fraction: "Fixed fraction",
  to_bound: "To the limit",
};

const SOURCES: Record<string, string> = { yahoo: "Yahoo", given: "given by hand" };

/** How orders fill in a simulation, the usual choice first. */
export const FILLS = [
  {
    model: "touch",
    name: "Inside the bar, at the first trigger",
    short: "Inside the bar",
    how: "Walks through each bar and fills at the first price that triggers.",
  },
  {
    model: "next_open",
    name: "At the next bar's open",
    short: "Next open",
    how: "Decides on a bar's close and fills at the open of the next bar.",
  },
  {
    model: "close",
    name: "At the close it decided on",
    short: "Same close",
    how: "Fills at the very close it decided on: idealised, nobody knows a close before it is over.",
  },
] as const;

/** The way of the price inside a bar, the usual choice first. */
export const PATHS = [
  {
    path: "pessimistic",
    name: "Pessimistic",
    how: "Tries both ways in each bar and keeps the one that leaves less at its close: greedy, bar by bar.",
  },
  {
    path: "optimistic",
    name: "Optimistic",
    how: "Tries both ways in each bar and keeps the one that leaves more at its close: greedy, bar by bar.",
  },
  { path: "olhc", name: "O-L-H-C", how: "In every bar: open, low, high, close." },
  { path: "ohlc", name: "O-H-L-C", how: "In every bar: open, high, low, close." },
] as const;

/** Return a code as plain words, for codes this page does not know yet. */
function plainWords(code: string): string {
  return code.replaceAll("_", " ");
}

/** Return why a decision came out as it did, to follow a colon or "because". */
export function reasonWords(code: string): string {
  return REASONS[code] ?? GATES.find((gate) => gate.code === code)?.failed ?? plainWords(code);
}

/** Return where a price came from, and how far behind the exchange it is: "Yahoo, 15 min late". */
export function sourceWords(price: {
  source: string;
  delay: "real_time" | "delayed" | "unknown";
  delay_minutes: number | null;
}): string {
  const name = SOURCES[price.source] ?? plainWords(price.source);
  switch (price.delay) {
    case "real_time":
      return `${name}, real time`;
    case "delayed":
      return `${name}, ${price.delay_minutes ?? "some"} min late`;
    case "unknown":
      return name;
  }
}

/** Return what called for a trade, in the two words of a table. */
export function causeWords(code: string): string {
  return { trigger: "trigger reached", drift: "share drifted" }[code] ?? plainWords(code);
}

/** Return the name of a rule that limits a quantity. */
export function ruleWords(code: string): string {
  return RULES[code] ?? plainWords(code);
}

/** Return the name of a sizing policy. */
export function policyWords(code: string): string {
  return POLICIES[code] ?? plainWords(code);
}

/** Return how a run fills, in a few words: "Inside the bar, pessimistic". */
export function executionWords({ model, path }: Execution): string {
  const fills = FILLS.find((each) => each.model === model)?.short ?? plainWords(model);
  const way = PATHS.find((each) => each.path === path)?.name;
  return way ? `${fills}, ${/^[OHLC-]+$/.test(way) ? way : way.toLowerCase()}` : fills;
}
