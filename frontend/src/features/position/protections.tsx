import type { ReactNode } from "react";
import type { Position } from "@/api/types";
import { Button } from "@/components/button";
import { Facts } from "@/components/facts";
import { ExactPrice, Value } from "@/components/value";
import { money, plainNumber, setting } from "@/lib/format";

interface LimitProps {
  limit: string | null;
  mark: string | null;
  of: string;
  floor: string | null;
  q: "drawdown" | "daily_loss";
}

/** Return a limit on the fall of the value, what it is taken from, and where it stops orders. */
function Limit({ limit, mark, of, floor, q }: LimitProps) {
  if (limit === null) return "no limit";
  return (
    <>
      {setting(limit)} below {of}{" "}
      {mark === null ? (
        "at the next price used"
      ) : (
        <Value q={`position.protections.${q === "drawdown" ? "peak" : "reference"}`}>
          {money(mark)}
        </Value>
      )}
      {floor === null ? null : (
        <>
          : no order below{" "}
          <b>
            <ExactPrice value={floor} q={`position.protections.${q}_price`} />
          </b>
        </>
      )}
    </>
  );
}

function facts({ protections, strategy }: Position): readonly [string, ReactNode][] {
  const { orders, sessions } = strategy;
  return [
    [
      "Largest drawdown",
      <Limit
        key="drawdown"
        q="drawdown"
        of="the peak"
        limit={protections.max_drawdown}
        mark={protections.peak}
        floor={protections.drawdown_price}
      />,
    ],
    [
      "Largest daily loss",
      <Limit
        key="daily_loss"
        q="daily_loss"
        of="what the day began with,"
        limit={protections.max_daily_loss}
        mark={protections.reference}
        floor={protections.daily_loss_price}
      />,
    ],
    ["Orders a day", String(orders.max_per_day)],
    ["Orders a minute", protections.orders_per_minute ?? "no limit on paper"],
    ["Pause after an order", `${orders.cooldown_seconds} s`],
    ["Price collar", `${plainNumber(orders.collar_bps)} bp: the widest spread, the furthest limit`],
    ["Stale price", `older than ${protections.price_age_seconds} s: no order`],
    ["Hours", sessions === "extended" ? "regular and extended" : "regular only"],
  ];
}

interface Props {
  position: Position;
  onReset: () => void;
}

/** Return everything that stops an order, whatever the price calls for. */
export function Protections({ position, onReset }: Props) {
  return (
    <section className="block">
      <header>
        <h2>Protections</h2>
        <small>each stops orders, none sells by itself</small>
      </header>
      <div className="body">
        <Facts pairs={facts(position)} />
      </div>
      {position.protections.peak === null ? null : (
        <footer>
          <Button onClick={onReset}>Reset the peak</Button>
        </footer>
      )}
    </section>
  );
}
