import type { Position } from "@/api/types";
import { Facts } from "@/components/facts";
import { money, plainNumber, plural, price, setting, settingRange } from "@/lib/format";
import { policyWords } from "@/lib/words";

function size(sizing: Position["strategy"]["sizing"]): string {
  const policy = policyWords(sizing.policy).toLowerCase();
  switch (sizing.policy) {
    case "proportional":
      return `${policy}, ratio ${plainNumber(sizing.ratio)}`;
    case "target":
      return `${policy} of ${setting(sizing.target)}`;
    case "fixed_fraction":
      return `${policy}, ${setting(sizing.fraction)}`;
    default:
      return policy;
  }
}

function facts({ strategy }: Position): readonly [string, string][] {
  const { trigger, guardrails, orders, costs, dividends } = strategy;
  return [
    ["Trigger up, down", `+${setting(trigger.up)}, −${setting(trigger.down)}`],
    ["Size", size(strategy.sizing)],
    ["Stock share", settingRange(guardrails.min_stock, guardrails.max_stock)],
    [
      "Back inside on drift",
      guardrails.rebalance_on_drift
        ? `yes, beyond ${setting(guardrails.drift_tolerance)} outside`
        : "no",
    ],
    ["Largest trade", guardrails.max_trade ? setting(guardrails.max_trade) : "no limit"],
    ["Smallest trade", money(orders.min_notional)],
    [
      "Commission",
      `${setting(costs.commission_rate)} + ${price(costs.commission_per_share)} a share, at least ${price(costs.commission_min)}`,
    ],
    ["Slippage", `${plainNumber(costs.slippage_bps)} bp`],
    ["Dividend tax", setting(dividends.withholding_rate)],
    ["Dividend pay lag", plural(dividends.pay_lag_days, "day")],
  ];
}

/** Return the settings that the next decision will use. */
export function StrategySummary({ position }: { position: Position }) {
  return (
    <section className="block">
      <header>
        <h2>Strategy</h2>
        <small>version {position.strategy_version}</small>
      </header>
      <div className="body">
        <Facts pairs={facts(position)} />
      </div>
    </section>
  );
}
