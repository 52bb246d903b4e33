import { useState } from "react";
import { useLocation } from "wouter";
import { useDatasets } from "@/api/datasets";
import { useOpenPosition } from "@/api/positions";
import { Problem } from "@/api/problem";
import { useRunSimulation } from "@/api/simulations";
import { Button } from "@/components/button";
import { SelectField, TextField } from "@/components/field";
import { Form } from "@/components/form";
import { ErrorBanner } from "@/components/states";
import { plain } from "@/lib/decimal";
import { PRESETS, presetDraft, strategyOf } from "@/lib/strategy";

function SampleSimulation() {
  const datasets = useDatasets();
  const run = useRunSimulation();
  const [, navigate] = useLocation();
  const dataset = datasets.data?.items.find(({ symbol }) => symbol === "KO");
  if (!dataset) return null;
  const request = {
    dataset_id: dataset.id,
    start: "2010-01-04",
    end: "2020-12-31",
    opening: { value: "10000", stock_fraction: "0.5" },
    strategy: strategyOf(presetDraft("balanced")),
    execution: { model: "close" as const },
    cash_rate: "0",
  };
  return (
    <>
      <Button
        busy={run.isPending}
        onClick={() => run.mutate(request, { onSuccess: ({ id }) => navigate(`/lab/${id}`) })}
      >
        Run the sample simulation
      </Button>
      {run.error ? <ErrorBanner error={run.error} what="The simulation was not started" /> : null}
    </>
  );
}

/** Return the page's empty state: what a position is, three fields, and a simulation to try. */
export function QuickStart() {
  const [symbol, setSymbol] = useState("");
  const [value, setValue] = useState("10,000");
  const [preset, setPreset] = useState("balanced");
  const open = useOpenPosition();
  const [, navigate] = useLocation();
  const problem = open.error ? Problem.from(open.error) : null;

  const submit = () => {
    const request = {
      symbol: symbol.trim().toUpperCase(),
      opening: { value: plain(value), stock_fraction: "0.5" },
      strategy: strategyOf(presetDraft(preset)),
      broker: "paper",
    };
    open.mutate(request, { onSuccess: ({ id }) => navigate(`/positions/${id}`) });
  };

  return (
    <section className="block">
      <div className="empty">
        <h2>No position yet</h2>
        <p>
          A position is one stock with its own cash. It starts on paper and paused: nothing trades
          until you start it. Half of the money goes into the stock at the first price.
        </p>
        <Form onSubmit={submit}>
          <div className="form-row">
            <TextField
              label="Symbol"
              name="symbol"
              placeholder="e.g. KO"
              inputMode="text"
              value={symbol}
              onChange={setSymbol}
              error={problem?.field("symbol")}
            />
            <TextField
              label="Money"
              name="value"
              unit="$"
              inputMode="decimal"
              value={value}
              onChange={setValue}
              error={problem?.field("opening.value")}
            />
            <SelectField
              label="Style"
              name="preset"
              value={preset}
              onChange={setPreset}
              options={PRESETS}
            />
          </div>
          {open.error ? (
            <ErrorBanner error={open.error} what="The position was not opened" />
          ) : null}
          <div className="btn-row">
            <Button type="submit" look="solid" busy={open.isPending}>
              Open paper position
            </Button>
            <SampleSimulation />
          </div>
        </Form>
        <small>Sample: real KO prices, bundled, works offline.</small>
      </div>
    </section>
  );
}
