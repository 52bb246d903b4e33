import { describe, expect, it } from "vitest";
import { foldDecisions } from "@/features/position/fold";
import { decision, proposal } from "@/testing/builders";

describe("foldDecisions", () => {
  it("folds holds inside the band into one row with their count and price range", () => {
    const rows = foldDecisions([
      decision({ number: 4, price_low: "9.5", price_high: "9.5" }),
      decision({ number: 3, price_low: "10.25", price_high: "10.25" }),
      proposal({ number: 2 }),
      decision({ number: 1 }),
    ]);
    expect(rows.map((row) => [row.newest.number, row.oldest.number, row.checks])).toEqual([
      [4, 3, 2],
      [2, 2, 1],
      [1, 1, 1],
    ]);
    expect([rows[0]?.low, rows[0]?.high]).toEqual(["9.5", "10.25"]);
  });

  it("keeps a hold that set the anchor, and every refusal, as a row of its own", () => {
    const rows = foldDecisions([
      decision({ number: 4 }),
      decision({ number: 3, kind: "refused", reason: "session_closed", checks: 12 }),
      decision({ number: 2 }),
      decision({ number: 1, reason: "anchor_set" }),
    ]);
    expect(rows.map((row) => row.checks)).toEqual([1, 12, 1, 1]);
  });
});
