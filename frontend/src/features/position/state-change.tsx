import type { Decision, Trade } from "@/api/types";
import { BeforeAfter } from "@/components/before-after";
import { money, percent, price, shares } from "@/lib/format";

interface Props {
  decision: Decision;
  /** The fill that the decision led to, if there was one. */
  trade: Trade | undefined;
}

/** Return the position's state before the decision and after it, the fill included. */
export function StateChange({ decision, trade }: Props) {
  const { before, after } = decision;
  return (
    <BeforeAfter
      rows={[
        {
          name: "Shares",
          before: shares(before.shares),
          after: shares(trade?.shares_after ?? after.shares),
        },
        {
          name: "Cash",
          before: money(before.cash),
          after: money(trade?.cash_after ?? after.cash),
        },
        {
          name: "Stock share",
          before: percent(decision.stock_share),
          after: percent(trade?.stock_share_after ?? decision.stock_share),
        },
        // After a fill the anchor is the mean fill price, which is the price of the one fill.
        {
          name: "Anchor",
          before: price(before.anchor_price),
          after: price(trade?.price ?? after.anchor_price),
        },
      ]}
    />
  );
}
