import { describe, expect, it } from "vitest";
import { declutter, rising } from "@/components/chart/model";

describe("rising", () => {
  it("keeps one point a moment, the last, as the chart requires", () => {
    const points = [
      { time: 1, value: 10 },
      { time: 2, value: 11 },
      { time: 2, value: 12 },
      { time: 3, value: 13 },
    ];
    expect(rising(points)).toEqual([points[0], points[2], points[3]]);
  });
});

describe("declutter", () => {
  it("draws one marker where several would cover one another, each side for itself", () => {
    const at = (x: number, side: "buy" | "sell") => ({ x, side });
    const markers = [at(1, "buy"), at(2, "buy"), at(2, "sell"), at(3.9, "buy"), at(4, "buy")];
    expect(declutter(markers)).toEqual([at(1, "buy"), at(2, "sell"), at(4, "buy")]);
  });
});
