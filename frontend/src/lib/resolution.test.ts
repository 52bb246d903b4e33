import { describe, expect, it } from "vitest";
import { lengthsFrom } from "@/lib/resolution";

describe("lengthsFrom", () => {
  it("offers the length of the bars and every longer one", () => {
    expect(lengthsFrom("30m").map(({ value }) => value)).toEqual(["30m", "1h", "1d"]);
  });

  it("leaves daily bars as they are", () => {
    expect(lengthsFrom("1d").map(({ text }) => text)).toEqual(["1 day"]);
  });
});
