import { QueryClient, QueryObserver, type QueryFunctionContext } from "@tanstack/react-query";
import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useLink, usePolling } from "@/api/link";
import { patching } from "@/api/patches";
import { furthest } from "@/api/simulations";
import type { StreamEvent, Told } from "@/api/stream";
import type { Simulation } from "@/api/types";

const JOB = {
  id: "r1",
  job: "simulation",
  status: "running",
  done: 40,
  total: 100,
  curve: [{ at: "2020-01-02T21:00:00Z", equity: "10000" }],
} as const;
const RUN = { id: "r1", status: "running", done: 10, total: 100, symbol: "KO" };

function job(changes: Partial<Extract<StreamEvent, { kind: "job" }>["body"]> = {}): Told {
  return { kind: "job", body: { ...JOB, curve: [...JOB.curve], ...changes } };
}

function about(position_id: string): Told {
  return { kind: "position", body: { position_id, change: "started", at: "2020-01-02T21:00:00Z" } };
}

describe("patching", () => {
  let queries: QueryClient;
  let tell: (told: Told) => void;
  const frame = () => vi.advanceTimersByTime(20);
  const isStale = (...key: string[]) => queries.getQueryState(key)?.isInvalidated;

  beforeEach(() => {
    vi.useFakeTimers();
    queries = new QueryClient();
    tell = patching(queries);
  });
  afterEach(() => vi.useRealTimers());

  it("shows the progress and the curve of a run in its page and in the list", () => {
    queries.setQueryData(["simulations", "r1"], RUN);
    queries.setQueryData(["simulations", "list"], { items: [RUN, { ...RUN, id: "r2" }] });
    tell(job());
    frame();
    const patched = { ...RUN, done: 40, partial_curve: JOB.curve };
    expect(queries.getQueryData(["simulations", "r1"])).toEqual(patched);
    expect(queries.getQueryData(["simulations", "list"])).toEqual({
      items: [patched, { ...RUN, id: "r2" }],
    });
  });

  it("shows at once that trading is stopped", () => {
    const read = { halted: false, reason: null, changed_at: "", running_positions: 2 };
    const body = { halted: true, reason: "fire", changed_at: "2020-01-02T21:00:00Z" };
    queries.setQueryData(["trading"], read);
    queries.setQueryData(["status"], { mode: "paper", trading_halted: false });
    tell({ kind: "trading", body });
    frame();
    expect(queries.getQueryData(["trading"])).toEqual({ ...read, ...body });
    expect(queries.getQueryData(["status"])).toEqual({ mode: "paper", trading_halted: true });
  });

  it("does not let an older answer hide that trading is stopped", async () => {
    const read = { halted: false, reason: null, changed_at: "", running_positions: 2 };
    const body = { halted: true, reason: "fire", changed_at: "2020-01-02T21:00:00Z" };
    const answers: ((trading: object) => void)[] = [];
    const queryFn = ({ signal }: QueryFunctionContext) => {
      const answered = new Promise<object>((resolve) => answers.push(resolve));
      return signal.aborted ? {} : answered;
    };
    for (const known of [undefined, read]) {
      queries.clear();
      answers.length = 0;
      if (known) queries.setQueryData(["trading"], known);
      const observer = new QueryObserver(queries, { queryKey: ["trading"], queryFn });
      const stop = observer.subscribe(() => undefined);
      await vi.advanceTimersByTimeAsync(20);
      expect(answers).toHaveLength(1);
      tell({ kind: "trading", body });
      await vi.advanceTimersByTimeAsync(20);
      expect(answers).toHaveLength(2);
      answers[0]?.(read);
      answers[1]?.({ ...read, ...body });
      await vi.advanceTimersByTimeAsync(20);
      expect(queries.getQueryData(["trading"])).toEqual({ ...read, ...body });
      stop();
    }
  });

  it("keeps what was told when what is read lies behind it", () => {
    const read = { ...RUN, done: 30 } as Simulation;
    const told = { ...RUN, done: 40, partial_curve: JOB.curve } as unknown as Simulation;
    expect(furthest(told, read)).toEqual({ ...read, done: 40, partial_curve: JOB.curve });
    expect(furthest(told, { ...read, done: 50 })).toEqual({ ...read, done: 50 });
    const ended = { ...read, status: "failed" as const };
    expect(furthest(told, ended)).toEqual(ended);
  });

  it("patches once a frame, with the last that was told", () => {
    queries.setQueryData(["simulations", "r1"], RUN);
    const changed = vi.fn();
    queries.getQueryCache().subscribe(changed);
    for (let done = 20; done < 90; done += 1) tell(job({ done }));
    expect(changed).not.toHaveBeenCalled();
    frame();
    expect(queries.getQueryData(["simulations", "r1"])).toMatchObject({ done: 89 });
    expect(changed.mock.calls.length).toBeLessThan(4);
  });

  it("reads a run again when it has ended, and does not bring an ended one back", () => {
    queries.setQueryData(["simulations", "r1"], { ...RUN, status: "completed", done: 100 });
    tell(job({ done: 90 }));
    frame();
    expect(queries.getQueryData(["simulations", "r1"])).toMatchObject({ status: "completed" });
    expect(isStale("simulations", "r1")).toBe(false);
    tell(job({ status: "completed", done: 100 }));
    frame();
    expect(isStale("simulations", "r1")).toBe(true);
  });

  it("reads again what an event is about, and nothing else", () => {
    for (const key of [["list"], ["p1"], ["p1", "decisions"], ["p2"]]) {
      queries.setQueryData(["positions", ...key], {});
    }
    tell(about("p1"));
    frame();
    expect(isStale("positions", "list")).toBe(true);
    expect(isStale("positions", "p1")).toBe(true);
    expect(isStale("positions", "p1", "decisions")).toBe(true);
    expect(isStale("positions", "p2")).toBe(false);
  });

  it("takes the dependencies from the event that tells of them", () => {
    queries.setQueryData(["status"], { mode: "paper", dependencies: [] });
    const dependencies = [{ name: "cache", state: "degraded" as const, detail: "It is away." }];
    tell({ kind: "health", body: { dependencies } });
    frame();
    expect(queries.getQueryData(["status"])).toEqual({ mode: "paper", dependencies });
  });

  it("reads everything again after a reset", () => {
    queries.setQueryData(["positions", "p2"], {});
    queries.setQueryData(["status"], {});
    tell({ kind: "reset", body: { reason: "lost" } });
    frame();
    expect(isStale("positions", "p2")).toBe(true);
    expect(isStale("status")).toBe(true);
  });

  it("lets the pages ask while nothing is told, and only then", () => {
    const { result, rerender } = renderHook(() => ({ link: useLink(), poll: usePolling() }));
    const now = () => {
      rerender();
      return [result.current.link.state, result.current.poll];
    };
    tell({ kind: "open" });
    expect(now()).toEqual(["live", false]);
    tell({ kind: "closed" });
    expect(now()).toEqual(["closed", 5000]);
    tell({ kind: "ping", body: {} });
    vi.advanceTimersByTime(19_000);
    expect(now()).toEqual(["live", false]);
    vi.advanceTimersByTime(2000);
    expect(now()).toEqual(["late", 5000]);
    tell({ kind: "reset", body: { reason: "interrupted" } });
    tell({ kind: "ping", body: {} });
    expect(now()).toEqual(["closed", 5000]);
    tell({ kind: "reset", body: { reason: "resumed" } });
    expect(now()).toEqual(["live", false]);
  });
});
