import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";

const INVALID = new Problem(422, {
  type: "/problems/invalid-input",
  title: "Some fields are outside their range",
  detail: "strategy.trigger.up is 2. Nothing was changed.",
  errors: [
    { field: "strategy.trigger.up", message: "is 2", allowed: "a decimal from 0.000001 to 1" },
    { field: "opening.value", message: "is missing" },
  ],
});

describe("Problem", () => {
  it("names the code, the fields and what is allowed", () => {
    expect(INVALID.code).toBe("invalid-input");
    expect(INVALID.field("trigger.up")).toBe("is 2; allowed: a decimal from 0.000001 to 1");
    expect(INVALID.field("opening.value")).toBe("is missing");
    expect(INVALID.field("down")).toBeUndefined();
  });

  it("keeps how long to wait", () => {
    expect(new Problem(503, { retry_after_seconds: 30 }).retryAfterSeconds).toBe(30);
  });

  it("reads a body that is no problem as one, with its status", () => {
    const problem = new Problem(502, {});
    expect([problem.code, problem.detail]).toEqual(["http-502", "The backend answered 502"]);
  });

  it("reads a failed connection as a backend that does not answer", () => {
    expect(Problem.from(new TypeError("Failed to fetch")).code).toBe("backend-unreachable");
    expect(Problem.from(INVALID)).toBe(INVALID);
  });
});
