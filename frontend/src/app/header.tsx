import { Link } from "wouter";
import { useStatus } from "@/api/system";
import { LinkState } from "@/app/link-state";
import { ThemeToggle } from "@/app/theme-toggle";
import { BrandMark } from "@/components/icons";
import { useNow } from "@/lib/now";
import { duration, exchangeTime, exchangeWeekday } from "@/lib/time";

const PHASES = { regular: "Open", extended: "Extended hours", closed: "Closed" } as const;
const CHANGES = { regular: "opens", extended: "extended hours", closed: "closes" } as const;

/** Return the exchange's clock in words: "Closed · opens Mon 09:30". */
function MarketClock() {
  const market = useStatus().data?.market;
  const now = useNow();
  if (!market) return null;
  const left = (Date.parse(market.next_change_at) - now.getTime()) / 1000;
  const when = left < 12 * 3600 ? `in ${duration(left)}` : exchangeWeekday(market.next_change_at);
  return (
    <span className="clock" title={`next change ${exchangeTime(market.next_change_at)}`}>
      {PHASES[market.phase]}
      <span className="detail">
        · {CHANGES[market.next_phase]} {when}
      </span>
    </span>
  );
}

/** Return the bar at the top of every page. */
export function Header() {
  const status = useStatus();
  return (
    <header className="top">
      <Link className="brand" href="/" aria-label="Volatility-Balancing, positions">
        <BrandMark />
        <b>Volatility-Balancing</b>
      </Link>
      <span className="grow" />
      <span className="mode paper" title="No order reaches a real account">
        {(status.data?.mode ?? "paper").toUpperCase()}
      </span>
      <MarketClock />
      <LinkState />
      <ThemeToggle />
    </header>
  );
}
