import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followStream, type Told } from "@/api/stream";
import { ScriptedEventSource } from "@/testing/event-source";

function following(): { told: Told[]; sources: ScriptedEventSource[] } {
  const told: Told[] = [];
  followStream((event) => told.push(event));
  return { told, sources: ScriptedEventSource.all };
}

describe("followStream", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    ScriptedEventSource.all = [];
    vi.stubGlobal("EventSource", ScriptedEventSource);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("tells events and pings as they come", () => {
    const { told, sources } = following();
    sources[0]?.open();
    sources[0]?.say("reset", { reason: "start" });
    sources[0]?.say("ping", {});
    expect(told).toEqual([
      { kind: "open" },
      { kind: "reset", body: { reason: "start" } },
      { kind: "ping", body: {} },
    ]);
    expect(sources[0]?.url).toBe("/v1/stream");
  });

  it("leaves a broken connection to the browser, which knows its place", () => {
    const { told, sources } = following();
    sources[0]?.fail(0);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([{ kind: "closed" }]);
    expect(sources).toHaveLength(1);
  });

  it("asks again for one that was refused", () => {
    const { sources } = following();
    sources[0]?.fail(2);
    vi.advanceTimersByTime(4999);
    expect(sources).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(2);
  });
});
