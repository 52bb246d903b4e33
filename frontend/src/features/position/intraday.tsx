import { useTicks } from "@/api/market";
import { price } from "@/lib/format";
import { exchangeDate, exchangeMoment } from "@/lib/time";
import { useNow } from "@/lib/now";

const WIDTH = 168;
const HEIGHT = 36;
const INSET = 2;

interface Seen {
  at: number;
  price: number;
}

/** Return the points of a line through `seen`, as wide and high as the drawing. */
function line(seen: readonly Seen[]): string {
  const times = seen.map(({ at }) => at);
  const prices = seen.map((each) => each.price);
  const scale = (values: number[], size: number) => {
    const low = Math.min(...values);
    const span = Math.max(...values) - low;
    return (value: number) =>
      span === 0 ? size / 2 : INSET + ((value - low) / span) * (size - 2 * INSET);
  };
  const x = scale(times, WIDTH);
  const y = scale(prices, HEIGHT);
  return seen.map((each) => `${x(each.at)},${HEIGHT - y(each.price)}`).join(" ");
}

/** Return the line of the prices that were seen on the last day; nothing before there are two. */
export function Intraday({ symbol }: { symbol: string }) {
  const ticks = useTicks(symbol).data?.items ?? [];
  const now = useNow();
  const last = ticks.at(-1);
  if (!last) return null;
  const day = exchangeDate(last.observed_at);
  const today = ticks.filter(({ observed_at: at }) => exchangeDate(at) === day);
  const first = today[0];
  if (!first || today.length < 2) return null;
  // Floats place pixels only.
  const seen = today.map((tick) => ({
    at: Date.parse(tick.observed_at),
    price: Number.parseFloat(tick.price),
  }));
  const from = exchangeMoment(first.observed_at, now);
  const until = exchangeMoment(last.observed_at, now);
  return (
    <svg
      className="intraday"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${today.length} prices seen, from ${price(first.price)} at ${from} to ${price(last.price)} at ${until}`}
    >
      <polyline points={line(seen)} />
    </svg>
  );
}
