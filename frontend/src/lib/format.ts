// The one place where a number becomes text. Decimal strings go to Intl as they are, never through
// a binary float. "—" is unknown, "0" is zero; minus is a true minus; there is no "-0.00".

export type Decimal = string | null | undefined;

export const UNKNOWN = "—";

const NARROW_SPACE = "\u202f";
const DECIMAL = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat("en-US", options);
    formatters.set(key, found);
  }
  return found;
}

function text(value: Decimal, options: Intl.NumberFormatOptions): string {
  if (value == null || !DECIMAL.test(value)) return UNKNOWN;
  const formatted = formatter({ signDisplay: "negative", ...options }).format(
    value as Intl.StringNumericLiteral,
  );
  return formatted.replace("-", "−").replace("%", `${NARROW_SPACE}%`);
}

function magnitude(value: Decimal): number {
  return Math.abs(Number(value));
}

/** Return dollars and cents: "$11,661.60", "−$252.82". */
export function money(value: Decimal): string {
  return text(value, { style: "currency", currency: "USD" });
}

/** Return a change in dollars, always with its sign: "+$313.60", "$0.00". */
export function moneyChange(value: Decimal): string {
  return text(value, { style: "currency", currency: "USD", signDisplay: "exceptZero" });
}

/** Return a change in dollars to its last digit, at least cents: "+$844.5371675". */
export function exactMoneyChange(value: Decimal): string {
  return text(value, {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: 12,
    signDisplay: "exceptZero",
  });
}

const FEE = {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
} as const;

/** Return the cost of one trade, which is often below a cent: four decimals. */
export function fee(value: Decimal): string {
  return text(value, FEE);
}

/** Return the cost of one trade as a change, with its sign. */
export function feeChange(value: Decimal): string {
  return text(value, { ...FEE, signDisplay: "exceptZero" });
}

/** Return a price exactly: two to four decimals, "$61.6146". */
export function price(value: Decimal): string {
  return text(value, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
}

/** Return a price for a table, without the dollar sign: "61.6146". */
export function barePrice(value: Decimal): string {
  return text(value, { minimumFractionDigits: 2, maximumFractionDigits: 4 });
}

/** Return a number of shares, up to six decimals, trailing zeros trimmed. */
export function shares(value: Decimal): string {
  return text(value, { maximumFractionDigits: 6 });
}

/** Return a change in shares with its sign. */
export function sharesChange(value: Decimal): string {
  return text(value, { maximumFractionDigits: 6, signDisplay: "exceptZero" });
}

function percentDigits(value: Decimal): Intl.NumberFormatOptions {
  const size = magnitude(value);
  const digits = size < 0.01 && size > 0 ? 2 : 1;
  return { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits };
}

/** Return a fraction as a percentage: one decimal, two below 1 %. */
export function percent(value: Decimal): string {
  return text(value, percentDigits(value));
}

/** Return a change as a percentage, always with its sign. */
export function percentChange(value: Decimal): string {
  return text(value, { ...percentDigits(value), signDisplay: "exceptZero" });
}

/** Return a change for a table headed "%": one decimal, always with its sign, "−1.7". */
export function barePercentChange(value: Decimal): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return text(value, { style: "percent", ...digits, signDisplay: "exceptZero" }).replace(
    `${NARROW_SPACE}%`,
    "",
  );
}

/** Return a setting as the percentage it is: "25 %", "0.01 %", nothing rounded that was set. */
export function setting(value: Decimal): string {
  return text(value, { style: "percent", maximumFractionDigits: 4 });
}

/** Return two limits as one range: "25–75 %". */
export function settingRange(min: Decimal, max: Decimal): string {
  return `${setting(min).replace(`${NARROW_SPACE}%`, "")}–${setting(max)}`;
}

/** Return a ratio such as Sharpe: two decimals. */
export function ratio(value: Decimal): string {
  return text(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** Return a plain number as it was set, up to six decimals. */
export function plainNumber(value: Decimal): string {
  return text(value, { maximumFractionDigits: 6 });
}

/** Return a count with thousands separators. */
export function count(value: number | null | undefined): string {
  return value == null ? UNKNOWN : text(String(value), { maximumFractionDigits: 0 });
}

/** Return a count with its noun: "1 trade", "176 trades". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Return a money axis label: "12.0k", "940". The exact value always stands elsewhere. */
export function axisMoney(value: number): string {
  return value >= 10_000
    ? `${formatter({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value / 1000)}k`
    : formatter({ maximumFractionDigits: 0 }).format(value);
}

/** Return a chart's own value (a float, for drawing) as a percentage axis label. */
export function axisPercent(value: number): string {
  return text(String(Math.round(value * 10_000) / 10_000), {
    style: "percent",
    maximumFractionDigits: 1,
  });
}
