import { Link } from "wouter";
import { useStatus } from "@/api/system";
import type { MarketStatus } from "@/api/types";
import { LinkState } from "@/app/link-state";
import { StopButton } from "@/app/stop";
import { ThemeToggle } from "@/app/theme-toggle";
import { BrandMark } from "@/components/icons";
import { useNow } from "@/lib/now";
import { duration, exchangeClock, exchangeTime, exchangeWeekday } from "@/lib/time";

const PHASES = { regular: "Open", extended: "Extended hours", closed: "Closed" } as const;
const CHANGES = { regular: "opens", extended: "extended hours", closed: "closes" } as const;

/** Return the next sessions in words, half days with their reason. */
function sessionWords(market: MarketStatus): string {
  const lines = market.sessions.map(({ opens_at: opens, closes_at: closes, early_close: why }) => {
    const hours = `${exchangeTime(opens).replace(" ET", "")} to ${exchangeClock(closes)} ET`;
    return why ? `${hours}, half day: ${why}` : hours;
  });
  return [`Next change ${exchangeTime(market.next_change_at)}`, "Sessions:", ...lines].join("\n");
}

/** Return the exchange's clock in words: "Closed, Thanksgiving · opens Fri 09:30". */
function MarketClock() {
  const market = useStatus().data?.market;
  const now = useNow();
  if (!market) return null;
  const left = (Date.parse(market.next_change_at) - now.getTime()) / 1000;
  const when = left < 12 * 3600 ? `in ${duration(left)}` : exchangeWeekday(market.next_change_at);
  const session = market.sessions[0];
  const halfDay = session?.closes_at === market.next_change_at && session.early_close !== null;
  return (
    <span className="clock" title={sessionWords(market)}>
      {PHASES[market.phase]}
      {market.holiday ? <span className="detail">, {market.holiday}</span> : null}
      <span className="detail">
        · {halfDay ? "half day, closes" : CHANGES[market.next_phase]} {when}
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
      <StopButton />
      <ThemeToggle />
    </header>
  );
}
