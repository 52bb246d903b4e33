import type { SimulationResult } from "@/api/types";
import { Kpis } from "@/components/kpis";
import { Value } from "@/components/value";
import { compareDecimals } from "@/lib/decimal";
import { count, money, moneyChange, percent, percentChange, plural } from "@/lib/format";
import { reasonWords } from "@/lib/words";

function lead(result: SimulationResult): string {
  const holding = result.benchmarks.hold_opening_mix;
  const ahead = compareDecimals(result.final.equity, holding.equity);
  const outcome =
    ahead > 0
      ? "The robot ended ahead of holding"
      : ahead < 0
        ? "The robot ended behind holding"
        : "The robot ended level with holding";
  const own = result.metrics.max_drawdown;
  if (own === null || holding.max_drawdown === null) return `${outcome}.`;
  const falls = compareDecimals(own, holding.max_drawdown);
  if (falls > 0) return `${outcome}, with smaller falls.`;
  return falls < 0 ? `${outcome}, with deeper falls.` : `${outcome}, with the same falls.`;
}

function lostBy(reasons: Record<string, number>, how: string): string[] {
  return Object.entries(reasons).map(
    ([reason, times]) => `${count(times)} ${how}: ${reasonWords(reason)}`,
  );
}

/** Return the verdict of a run: the sentence first, then the tiles with its numbers. */
export function Verdict({ result }: { result: SimulationResult }) {
  const { metrics, counts, benchmarks } = result;
  const holding = benchmarks.hold_opening_mix;
  const lost = [...lostBy(counts.refused, "refused"), ...lostBy(counts.unfilled, "unfilled")];
  return (
    <section className="block">
      <div className="answer">
        <p className="sentence">
          <span className="lead">{lead(result)}</span>{" "}
          <strong>
            <Value q="result.metrics.total_return">{percentChange(metrics.total_return)}</Value>
          </strong>{" "}
          against{" "}
          <Value q="result.benchmarks.hold_opening_mix.total_return">
            {percentChange(holding.total_return)}
          </Value>{" "}
          for holding; largest drawdown{" "}
          <Value q="result.metrics.max_drawdown">{percent(metrics.max_drawdown)}</Value> against{" "}
          <Value q="result.benchmarks.hold_opening_mix.max_drawdown">
            {percent(holding.max_drawdown)}
          </Value>
          ; {plural(counts.trades, "trade")}, commissions{" "}
          <Value q="result.metrics.commissions">{money(metrics.commissions)}</Value>. Execution:{" "}
          <span data-q="result.execution_note">{result.execution_note}</span>.
        </p>
      </div>
      <Kpis
        tiles={[
          {
            label: "Robot",
            value: <Value q="result.final.equity">{money(result.final.equity)}</Value>,
            context: (
              <>
                from <Value q="result.opening_equity">{money(result.opening_equity)}</Value>
              </>
            ),
          },
          {
            label: "Holding",
            value: (
              <Value q="result.benchmarks.hold_opening_mix.equity">{money(holding.equity)}</Value>
            ),
            context: "the opening shares and cash, never traded",
          },
          {
            label: "Difference",
            value: (
              <Value q="result.excess_over_holding">
                {moneyChange(result.excess_over_holding)}
              </Value>
            ),
            context: "robot less holding",
          },
          {
            label: "Trades",
            value: <Value q="result.counts.trades">{count(counts.trades)}</Value>,
            context: <>commissions {money(metrics.commissions)}</>,
          },
          {
            label: "Decisions",
            value: <Value q="result.counts.decisions">{count(counts.decisions)}</Value>,
            context: lost.length === 0 ? "none refused" : lost.join("; "),
          },
        ]}
      />
    </section>
  );
}
