import type { SimulationResult } from "@/api/types";
import { Kpis } from "@/components/kpis";
import { Value } from "@/components/value";
import { compareDecimals } from "@/lib/decimal";
import { money } from "@/lib/format";

/** Return what holding's final value says about the envelope: whether the order of the two is told. */
function ranking(worst: string, best: string, holding: string): string {
  if (compareDecimals(holding, worst) < 0) return "Holding ended below all of it.";
  if (compareDecimals(holding, best) > 0) return "Holding ended above all of it.";
  return "Holding ended inside it: at this bar size it cannot be told which of the two is ahead.";
}

/** Return the span of final values that the ways inside the bars leave open; fills inside only. */
export function Envelope({ result }: { result: SimulationResult }) {
  if (!result.envelope) return null;
  const { worst, model, best } = result.envelope;
  const holding = result.benchmarks.hold_opening_mix.equity;
  return (
    <section className="block">
      <header>
        <h2>Envelope</h2>
        <small>value at the end, by the way of the price inside the bars</small>
      </header>
      <Kpis
        tiles={[
          {
            label: "Worst",
            value: <Value q="result.envelope.worst">{money(worst)}</Value>,
            context: "the least found",
          },
          {
            label: "Model",
            value: <Value q="result.envelope.model">{money(model)}</Value>,
            context: "this run",
          },
          {
            label: "Best",
            value: <Value q="result.envelope.best">{money(best)}</Value>,
            context: "the most found",
          },
        ]}
      />
      <div className="body envelope">
        <RangeBar worst={worst} model={model} best={best} holding={holding} />
        <p>
          {ranking(worst, best, holding)} An estimate over the two ways inside each bar,
          open-low-high-close and open-high-low-close, not a bound.
        </p>
      </div>
    </section>
  );
}

interface RangeBarProps {
  worst: string;
  model: string;
  best: string;
  holding: string;
}

// Drawing only, so a float will do: the numbers stand beside it as text.
function RangeBar({ worst, model, best, holding }: RangeBarProps) {
  const values = [worst, model, best, holding].map(Number);
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const at = (value: string) => `${((Number(value) - low) / span) * 100}%`;
  const width = `${((Number(best) - Number(worst)) / span) * 100}%`;
  return (
    <div className="range" aria-hidden="true">
      <div className="range-bar">
        <i className="range-span" style={{ left: at(worst), width }} />
        <i className="range-holding" style={{ left: at(holding) }} />
        <i className="range-model" style={{ left: at(model) }} />
      </div>
      <div className="range-legend">
        <span>
          <i className="range-model" /> Model
        </span>
        <span>
          <i className="range-holding" /> Holding
        </span>
      </div>
    </div>
  );
}
