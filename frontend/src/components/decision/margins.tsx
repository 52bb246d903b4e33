import type { Evaluation } from "@/api/types";
import { Value } from "@/components/value";
import { count, plainNumber, price } from "@/lib/format";

type Margin = Evaluation["margins"][number];

const LIMITS: readonly Margin["lever"][] = [
  "cooldown_seconds",
  "max_per_day",
  "max_drawdown",
  "daily_loss",
];

function words({ lever, amount }: Margin): [before: string, number: string, after: string] {
  switch (lever) {
    case "cooldown_seconds":
      return ["", count(Number(amount)), " s until the pause after the last order is over"];
    case "max_per_day":
      return ["", count(Number(amount)), " orders a day allowed"];
    case "max_drawdown":
      return ["the price is at least ", price(amount), ", within the largest drawdown"];
    case "daily_loss":
      return ["the price is at least ", price(amount), ", within the largest daily loss"];
    case "price_up":
      return ["the price rises to ", price(amount), ""];
    case "price_down":
      return ["the price falls to ", price(amount), ""];
    case "min_notional":
      return ["the smallest trade is set to ", `$${plainNumber(amount)}`, " or less"];
    case "deposit":
      return ["", `$${plainNumber(amount)}`, " are put in"];
  }
}

function List({ title, margins }: { title: string; margins: readonly Margin[] }) {
  if (margins.length === 0) return null;
  return (
    <>
      <p className="soft">{title}</p>
      <ul>
        {margins.map((margin) => {
          const [before, number, after] = words(margin);
          return (
            <li key={margin.lever}>
              {before}
              <b>
                <Value q="evaluation.margins.amount">{number}</Value>
              </b>
              {after}
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Return what separates a decision from an order; nothing for a proposal. */
export function Margins({ margins }: { margins: readonly Margin[] }) {
  return (
    <div className="margins">
      <List
        title="No order is possible before:"
        margins={margins.filter(({ lever }) => LIMITS.includes(lever))}
      />
      <List
        title="An order is proposed as soon as:"
        margins={margins.filter(({ lever }) => !LIMITS.includes(lever))}
      />
    </div>
  );
}
