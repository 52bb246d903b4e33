import { describe, expect, it } from "vitest";
import { protectionChanges, protectionsDraft, protectionsOf } from "@/lib/protections";

describe("protectionsOf", () => {
  it("sends fractions, and null for an empty field", () => {
    expect(protectionsOf({ max_drawdown: "12.5", max_daily_loss: " " })).toEqual({
      max_drawdown: "0.125",
      max_daily_loss: null,
    });
  });

  it("passes on what is no number, so that the API names the field", () => {
    expect(protectionsOf({ max_drawdown: "much", max_daily_loss: "0" })).toEqual({
      max_drawdown: "much",
      max_daily_loss: "0",
    });
  });
});

describe("protectionsDraft", () => {
  it("is the way back from the API's limits", () => {
    const limits = { max_drawdown: null, max_daily_loss: "0.005" };
    expect(protectionsDraft(limits)).toEqual({ max_drawdown: "", max_daily_loss: "0.5" });
    expect(protectionsOf(protectionsDraft(limits))).toEqual(limits);
  });
});

describe("protectionChanges", () => {
  it("names what differs, and nothing else", () => {
    const before = protectionsDraft();
    const changes = protectionChanges(before, { ...before, max_drawdown: "20" });
    expect(changes.map(({ field, before: was, after }) => [field.label, was, after])).toEqual([
      ["Largest drawdown", "", "20"],
    ]);
  });
});
