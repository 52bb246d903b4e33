import { describe, expect, it } from "vitest";
import { perSecond, sampled, type Sample } from "@/lib/pace";

function run(...done: number[]): Sample[] {
  return done.reduce<Sample[]>(
    (samples, amount, second) => sampled(samples, { at: second * 1000, done: amount }),
    [],
  );
}

describe("perSecond", () => {
  it("is the amount done a second", () => {
    expect(perSecond(run(0, 500, 1000))).toBe(500);
  });

  it("looks no further back than ten seconds", () => {
    const slowAtFirst = [0, 1, 2, 3, 4];
    const thenFast = Array.from({ length: 11 }, (_, n) => 1004 + 1000 * n);
    expect(perSecond(run(...slowAtFirst, ...thenFast))).toBe(1000);
  });

  it("is unknown before a second has passed, and while nothing moves", () => {
    expect(perSecond(run())).toBeNull();
    expect(perSecond(run(5))).toBeNull();
    expect(perSecond(run(5, 5, 5))).toBeNull();
  });
});
