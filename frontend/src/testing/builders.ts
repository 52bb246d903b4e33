// Complete API bodies for tests; a test names only what it is about.
import type { Decision, SimulationResult, Status } from "@/api/types";

const STATE: Decision["before"] = {
  symbol: "KO",
  broker: "paper",
  status: "running",
  shares: "75.8783",
  cash: "7141.79",
  receivable: "0",
  anchor_price: "57.61",
  orders_today: 0,
  orders_on: null,
  last_price: "58.93",
  last_used_on: "2023-12-29",
  last_observed_at: "2023-12-29T21:00:00Z",
  last_order_done_at: null,
  order_in_flight: false,
  strategy_version: 1,
  watch: null,
  protections: null,
  marks: null,
};

/** Return the status of a product that works, in a regular session, with `changes`. */
export function status(changes: Partial<Status> = {}): Status {
  return {
    mode: "paper",
    version: "0.1.0",
    rules_version: "1",
    trading_halted: false,
    market: {
      exchange: "XNYS",
      at: "2024-01-02T16:00:00Z",
      phase: "regular",
      next_phase: "extended",
      next_change_at: "2024-01-02T21:00:00Z",
      holiday: null,
      sessions: [],
    },
    loop: { state: "trading", detail: "" },
    data: {
      state: "ok",
      stale_after_seconds: 60,
      outage: null,
      budget: { left: 30, burst: 30, breaker: "closed", cause: null, until: null },
      cache: { hits: 0, misses: 0, hit_rate: null },
      symbols: [],
    },
    broker: { name: "paper", state: "ok", detail: "" },
    dependencies: [],
    ...changes,
  };
}

/** Return a hold at KO's close of 2 January 2024, with `changes`. */
export function decision(changes: Partial<Decision> = {}): Decision {
  return {
    number: 1,
    at: "2024-01-02T21:00:00Z",
    last_at: "2024-01-02T21:00:00Z",
    kind: "hold",
    reason: "inside_band",
    side: null,
    cause: null,
    quantity: null,
    reference_price: "58.93",
    worst_price: null,
    raw_quantity: null,
    bounds: [],
    trims: [],
    binding: null,
    commission: null,
    anchor_price: "57.61",
    sell_at: "59.3383",
    buy_at: "55.8817",
    stock_share: "0.389",
    value: "11680.83",
    blocked_by: [],
    falls: [],
    sentence: "Hold: 58.93 lies between buy at 55.8817 and sell at 59.3383.",
    distance: "0.022913",
    strategy_version: 1,
    rules_version: "1",
    checks: 1,
    price_low: "58.93",
    price_high: "58.93",
    before: STATE,
    after: STATE,
    observation: {
      symbol: "KO",
      price: "58.93",
      bid: null,
      ask: null,
      previous_close: "58.7",
      currency: "USD",
      observed_at: "2024-01-02T21:00:00Z",
      received_at: "2024-01-02T21:00:12Z",
      source: "yahoo",
      age_seconds: 0,
      delay: "real_time",
      delay_minutes: 0,
      stale: false,
      volume: 12_000_000,
      market_phase: "regular",
    },
    ...changes,
  };
}

/** Return the sale that KO's rise above the trigger led to, with `changes`. */
export function proposal(changes: Partial<Decision> = {}): Decision {
  return decision({
    kind: "proposed",
    reason: "trigger",
    cause: "trigger",
    side: "sell",
    reference_price: "59.82",
    worst_price: "59.7901",
    raw_quantity: "12.0235",
    quantity: "12.0234",
    bounds: [
      { rule: "holdings", quantity: "75.8783" },
      { rule: "guardrail", quantity: "27.0624" },
    ],
    trims: [{ rule: "lot", before: "12.0235", after: "12.0234" }],
    commission: "0.0719",
    distance: "0.038361",
    ...changes,
  });
}

const BENCHMARK = {
  equity: "11547.5",
  total_return: "0.471",
  volatility: "0.076",
  sharpe: "0.5",
  max_drawdown: "-0.186",
};

/** Return the result of a run over KO, with `changes`. */
export function result(changes: Partial<SimulationResult> = {}): SimulationResult {
  return {
    digest: "9f8f5b82acfe",
    rules_version: "1",
    execution_note: "fills at the price it decided on",
    bars: 2769,
    halted_at: null,
    opening_equity: "7852",
    excess_over_holding: "488.58",
    final: {
      equity: "12036.08",
      cash: "8000",
      shares: "73.6",
      receivable: "0",
      anchor_price: "53.85",
    },
    counts: {
      decisions: 2769,
      trades: 176,
      holds: { inside_band: 2092 },
      refused: { trimmed_to_zero: 501 },
      proposed: 176,
      unfilled: {},
    },
    metrics: {
      total_return: "0.533",
      cagr: "0.0397",
      volatility: "0.07",
      sharpe: "0.59",
      sortino: "0.84",
      max_drawdown: "-0.195",
      max_drawdown_from: "2020-02-19",
      max_drawdown_to: "2020-03-23",
      calmar: "0.2",
      turnover: "0.98",
      commissions: "10.42",
      time_inside_guardrails: "0.879",
      mean_stock_share: "0.32",
      round_trips: 72,
    },
    undefined: {},
    benchmarks: {
      hold_opening_mix: BENCHMARK,
      all_stock: BENCHMARK,
      constant_mix: BENCHMARK,
      cash: BENCHMARK,
    },
    envelope: null,
    attribution: {
      hold: "3695.5",
      harvest: "844.5371675",
      open_timing: "-86.119768",
      dividends: "-332.359887",
      withholding: "83.089961",
      interest: "0",
      commissions: "-10.454045",
      slippage: "-0.0000055",
      total: "4194.193423",
    },
    harvest: { theory: "365.1027201382051", efficiency: "2.31314948072781" },
    months: [
      { month: "2010-01", robot: "-0.016526890346408557", holding: "-0.017766174223127866" },
      { month: "2010-02", robot: "0", holding: null },
    ],
    years: [{ year: "2010", robot: "0.06910607628629649", holding: "0.0639964340295466" }],
    drawdowns: [
      {
        depth: "-0.19536754902826198",
        peak: "2020-03-04",
        trough: "2020-03-23",
        recovery: null,
        days: 302,
      },
    ],
    ...changes,
  };
}
