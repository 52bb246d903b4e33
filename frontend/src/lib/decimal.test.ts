import { describe, expect, it } from "vitest";
import { compareDecimals, fractionToPercent, percentToFraction } from "@/lib/decimal";

describe("percentToFraction", () => {
  it("moves the point two places without rounding", () => {
    expect(percentToFraction("3")).toBe("0.03");
    expect(percentToFraction("0.01")).toBe("0.0001");
    expect(percentToFraction("100")).toBe("1");
    expect(percentToFraction("−4.3 %")).toBe("-0.043");
  });

  it("passes text that is no number on, so that the API can refuse it", () => {
    expect(percentToFraction("three")).toBe("three");
    expect(percentToFraction("")).toBe("");
  });
});

describe("fractionToPercent", () => {
  it("is the way back for every setting", () => {
    for (const typed of ["3", "0.0001", "90", "12.3456", "0", "100"]) {
      expect(fractionToPercent(percentToFraction(typed))).toBe(typed);
    }
  });
});

describe("compareDecimals", () => {
  it("is exact beyond what a float can tell apart", () => {
    expect(compareDecimals("9007199254740993", "9007199254740992")).toBe(1);
    expect(compareDecimals("0.1", "0.10")).toBe(0);
    expect(compareDecimals("-2", "1.5")).toBe(-1);
  });
});
