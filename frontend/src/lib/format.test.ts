import { describe, expect, it } from "vitest";
import * as format from "@/lib/format";

const NARROW = "\u202f";

describe("money", () => {
  it("shows cents, thousands and a true minus", () => {
    expect(format.money("11661.6")).toBe("$11,661.60");
    expect(format.money("-252.815")).toBe("−$252.82");
  });

  it("never shows a negative zero", () => {
    expect(format.money("-0.001")).toBe("$0.00");
    expect(format.moneyChange("-0.001")).toBe("$0.00");
  });

  it("keeps every digit of an amount that a binary float would change", () => {
    expect(format.money("90071992547409.93")).toBe("$90,071,992,547,409.93");
    expect(format.money("1.005")).toBe("$1.01");
  });

  it("shows an unknown as a dash, never as zero or NaN", () => {
    for (const value of [null, undefined, "", "NaN", "abc"]) {
      expect(format.money(value)).toBe("—");
    }
  });

  it("always signs a change", () => {
    expect(format.moneyChange("313.6")).toBe("+$313.60");
    expect(format.moneyChange("-5")).toBe("−$5.00");
  });
});

describe("price", () => {
  it("is exact: two decimals at least, four at most", () => {
    expect(format.price("61.6146")).toBe("$61.6146");
    expect(format.price("59.5")).toBe("$59.50");
    expect(format.barePrice("1059.52")).toBe("1,059.52");
  });
});

describe("shares", () => {
  it("are trimmed to the digits that they have, six at most", () => {
    expect(format.shares("63.854900")).toBe("63.8549");
    expect(format.shares("100")).toBe("100");
    expect(format.sharesChange("-12.0234")).toBe("−12.0234");
  });
});

describe("percent", () => {
  it("has one decimal, and two below one percent", () => {
    expect(format.percent("0.3259")).toBe(`32.6${NARROW}%`);
    expect(format.percent("0.0013")).toBe(`0.13${NARROW}%`);
    expect(format.percent("0")).toBe(`0.0${NARROW}%`);
    expect(format.percentChange("0.5328")).toBe(`+53.3${NARROW}%`);
  });

  it("shows a setting exactly as it was set", () => {
    expect(format.setting("0.25")).toBe(`25${NARROW}%`);
    expect(format.setting("0.0001")).toBe(`0.01${NARROW}%`);
  });
});

describe("axis labels", () => {
  it("are short, because the exact value stands elsewhere", () => {
    expect(format.axisMoney(12036.08)).toBe("12.0k");
    expect(format.axisMoney(940.2)).toBe("940");
    expect(format.axisPercent(-0.195)).toBe(`−19.5${NARROW}%`);
  });
});
