import { useStatus } from "@/api/system";
import type { LastPrice as Price } from "@/api/types";
import { ExactPrice } from "@/components/value";
import { useNow } from "@/lib/now";
import { age, duration, exchangeTime, localTime, secondsSince } from "@/lib/time";
import { sourceWords } from "@/lib/words";

interface Props {
  /** The last price that was used. */
  price: Price | null;
  symbol: string;
  /** The API field that is shown. */
  q: string;
  bare?: boolean;
}

/**
 * Return the last price with its source and age; a stale one is grey, dated, and says so.
 *
 * Where none was used yet, it is the last one that was seen.
 */
export function LastPrice({ price: used, symbol, q, bare = false }: Props) {
  const now = useNow();
  const status = useStatus().data;
  const seen = status?.data.symbols.find((each) => each.symbol === symbol)?.last_price;
  const price = used ?? seen ?? null;
  if (price === null) {
    return (
      <>
        <span className="price-value">
          <ExactPrice value={null} q={q} bare={bare} />
        </span>
        <span className="age">no price seen yet</span>
      </>
    );
  }
  const seconds = secondsSince(price.observed_at, now);
  const stale = price.stale || (status && seconds > status.data.stale_after_seconds);
  const closed = status?.market.phase === "closed";
  return (
    <>
      <span className={stale ? "price-value stale" : "price-value"}>
        <ExactPrice
          value={price.price}
          q={used ? q : "status.data.symbols.last_price.price"}
          bare={bare}
        />
      </span>
      <time
        className={stale && !closed ? "age tag warn" : "age"}
        dateTime={price.observed_at}
        title={`${exchangeTime(price.observed_at)}, here ${localTime(price.observed_at)}`}
      >
        {stale ? staleWords(price, seconds) : age(price.observed_at, now)}
      </time>
      <span className="age source">
        {sourceWords(price)}
        {used ? "" : ", not used yet"}
      </span>
    </>
  );
}

function staleWords(price: Price, seconds: number): string {
  return seconds <= 3600
    ? `stale · ${duration(seconds)} old`
    : `stale · ${exchangeTime(price.observed_at)}`;
}
