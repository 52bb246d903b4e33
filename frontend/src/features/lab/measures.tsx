import type { ReactNode } from "react";
import type { SimulationResult } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { Value } from "@/components/value";
import { count, money, percent, percentChange, ratio, UNKNOWN } from "@/lib/format";
import { calendarDate } from "@/lib/time";

type Metrics = SimulationResult["metrics"];
type Benchmark = SimulationResult["benchmarks"]["cash"];

interface Measure {
  name: keyof Metrics;
  label: string;
  definition: string;
  show: (metrics: Metrics) => ReactNode;
}

const MEASURES: readonly Measure[] = [
  {
    name: "total_return",
    label: "Return",
    definition: "Change in value from the first to the last session, dividends after tax included.",
    show: ({ total_return }) => percentChange(total_return),
  },
  {
    name: "cagr",
    label: "Return a year",
    definition: "The steady yearly growth that gives the same return.",
    show: ({ cagr }) => percentChange(cagr),
  },
  {
    name: "volatility",
    label: "Volatility a year",
    definition: "Standard deviation of the daily returns, times √252.",
    show: ({ volatility }) => percent(volatility),
  },
  {
    name: "max_drawdown",
    label: "Largest drawdown",
    definition: "Deepest fall from a peak to the low after it.",
    show: ({ max_drawdown, max_drawdown_from, max_drawdown_to }) => (
      <>
        {percent(max_drawdown)}
        {max_drawdown_from && max_drawdown_to ? (
          <small>
            {calendarDate(max_drawdown_from)} to {calendarDate(max_drawdown_to)}
          </small>
        ) : null}
      </>
    ),
  },
  {
    name: "sharpe",
    label: "Sharpe",
    definition: "Mean daily return over its standard deviation, times √252.",
    show: ({ sharpe }) => ratio(sharpe),
  },
  {
    name: "sortino",
    label: "Sortino",
    definition: "Like Sharpe, counting only the losing days as risk.",
    show: ({ sortino }) => ratio(sortino),
  },
  {
    name: "calmar",
    label: "Calmar",
    definition: "Return a year over the largest drawdown.",
    show: ({ calmar }) => ratio(calmar),
  },
  {
    name: "mean_stock_share",
    label: "Mean stock share",
    definition: "Average part of the value that was in stock.",
    show: ({ mean_stock_share }) => percent(mean_stock_share),
  },
  {
    name: "time_inside_guardrails",
    label: "Time inside guardrails",
    definition: "Part of the sessions that closed with the stock share inside its limits.",
    show: ({ time_inside_guardrails }) => percent(time_inside_guardrails),
  },
  {
    name: "turnover",
    label: "Turnover a year",
    definition: "Value traded in a year over the mean value.",
    show: ({ turnover }) => (turnover === null ? UNKNOWN : `${ratio(turnover)}×`),
  },
  {
    name: "round_trips",
    label: "Round trips",
    definition: "Fills that closed an earlier opposite one.",
    show: ({ round_trips }) => count(round_trips),
  },
  {
    name: "commissions",
    label: "Commissions",
    definition: "Paid over the whole run.",
    show: ({ commissions }) => money(commissions),
  },
];

/** Return the measures of a run, each with its definition; an undefined one says why. */
export function Measures({ result }: { result: SimulationResult }) {
  return (
    <section className="block">
      <header>
        <h2>Measures</h2>
      </header>
      <dl className="measures">
        {MEASURES.map(({ name, label, definition, show }) => (
          <div key={name}>
            <dt>
              {label}
              <small>{result.undefined[name] ?? definition}</small>
            </dt>
            <dd data-q={`result.metrics.${name}`}>{show(result.metrics)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface Row {
  key: string;
  name: string;
  what: string;
  numbers: Benchmark;
}

/** Return the robot beside the four benchmarks that start from the same value. */
export function Benchmarks({ result }: { result: SimulationResult }) {
  const { benchmarks, metrics, final } = result;
  const rows: Row[] = [
    {
      key: "robot",
      name: "Robot",
      what: "this run",
      numbers: { ...metrics, equity: final.equity },
    },
    {
      key: "hold_opening_mix",
      name: "Holding",
      what: "the opening shares and cash, never traded",
      numbers: benchmarks.hold_opening_mix,
    },
    {
      key: "all_stock",
      name: "All stock",
      what: "everything in stock, dividends bought back",
      numbers: benchmarks.all_stock,
    },
    {
      key: "constant_mix",
      name: "Constant mix",
      what: "back to the opening share at each close",
      numbers: benchmarks.constant_mix,
    },
    { key: "cash", name: "Cash", what: "everything in cash", numbers: benchmarks.cash },
  ];
  const q = (row: Row, field: string) =>
    row.key === "robot" ? `result.metrics.${field}` : `result.benchmarks.${row.key}.${field}`;
  return (
    <section className="block">
      <header>
        <h2>Against four benchmarks</h2>
        <small>same opening value, dividends, tax and cash rate</small>
      </header>
      <DataTable
        caption="The robot and four benchmarks"
        rows={rows}
        rowKey={(row) => row.key}
        columns={[
          {
            head: "Portfolio",
            rowHead: true,
            full: true,
            cell: (row) => (
              <>
                <b>{row.name}</b>
                <small>{row.what}</small>
              </>
            ),
          },
          {
            head: "Value at the end",
            num: true,
            cell: (row) => (
              <Value q={row.key === "robot" ? "result.final.equity" : q(row, "equity")}>
                {money(row.numbers.equity)}
              </Value>
            ),
          },
          {
            head: "Return",
            num: true,
            cell: (row) => (
              <Value q={q(row, "total_return")}>{percentChange(row.numbers.total_return)}</Value>
            ),
          },
          {
            head: "Volatility",
            num: true,
            cell: (row) => (
              <Value q={q(row, "volatility")}>{percent(row.numbers.volatility)}</Value>
            ),
          },
          {
            head: "Sharpe",
            num: true,
            cell: (row) => (
              <>
                <Value q={q(row, "sharpe")}>{ratio(row.numbers.sharpe)}</Value>
                {row.numbers.sharpe === null ? (
                  <small>{result.undefined[`benchmarks.${row.key}.sharpe`]}</small>
                ) : null}
              </>
            ),
          },
          {
            head: "Largest drawdown",
            num: true,
            cell: (row) => (
              <Value q={q(row, "max_drawdown")}>{percent(row.numbers.max_drawdown)}</Value>
            ),
          },
        ]}
      />
    </section>
  );
}
