import { describe, expect, it } from "vitest";
import { draftChanges, draftOf, presetDraft, strategyOf } from "@/lib/strategy";

describe("strategyOf", () => {
  it("sends fractions for the percentages that a person types", () => {
    expect(strategyOf(presetDraft("balanced"))).toEqual({
      trigger: { up: "0.03", down: "0.03" },
      sizing: { policy: "proportional", ratio: "1.6667", target: "0.5", fraction: "0.1" },
      guardrails: {
        min_stock: "0.25",
        max_stock: "0.75",
        rebalance_on_drift: true,
        drift_tolerance: "0.01",
        max_trade: null,
      },
      orders: {
        min_notional: "100",
        max_per_day: 5,
        cooldown_seconds: 0,
        lot: "0.0001",
        collar_bps: "20",
      },
      costs: {
        commission_rate: "0.0001",
        commission_per_share: "0",
        commission_min: "0",
        slippage_bps: "5",
      },
      dividends: { withholding_rate: "0.25", adjust_anchor: true, pay_lag_days: 30 },
      sessions: "regular",
    });
  });

  it("passes on what is no number, so that the API names the field", () => {
    const draft = { ...presetDraft("calm"), "orders.max_per_day": "many", "trigger.up": "x" };
    expect(strategyOf(draft)).toMatchObject({
      orders: { max_per_day: "many" },
      trigger: { up: "x", down: "0.05" },
    });
  });
});

describe("draftOf", () => {
  it("is the way back from the API's strategy, for every preset", () => {
    for (const preset of ["calm", "balanced", "active"]) {
      const draft = presetDraft(preset);
      expect(draftOf(strategyOf(draft))).toEqual(draft);
    }
  });
});

describe("draftChanges", () => {
  it("names each field whose text differs", () => {
    const changes = draftChanges(presetDraft("balanced"), presetDraft("calm"));
    expect(changes.map(({ field, before, after }) => [field.path, before, after])).toEqual([
      ["trigger.up", "3", "5"],
      ["trigger.down", "3", "5"],
    ]);
  });
});
