import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useDatasets } from "@/api/datasets";
import { useRunSimulation } from "@/api/simulations";
import type { Dataset, ExecutionRequest, Simulation, SimulationRequest } from "@/api/types";
import { Problem } from "@/api/problem";
import { Button } from "@/components/button";
import { SelectField, TextField } from "@/components/field";
import { Form } from "@/components/form";
import { OpeningFields } from "@/components/opening-fields";
import { ErrorBanner, Skeleton } from "@/components/states";
import { StrategyFields } from "@/components/strategy-fields";
import { StyleField } from "@/components/style-field";
import { BarLength } from "@/features/lab/bar-length";
import { ExecutionFields, USUAL_EXECUTION } from "@/features/lab/execution-fields";
import { repeatRequest } from "@/features/lab/repeat";
import { adjustmentWords, resolutionWords } from "@/lib/data-words";
import { fractionToPercent, percentToFraction } from "@/lib/decimal";
import { plural } from "@/lib/format";
import { openingDraft, openingOf, type OpeningDraft } from "@/lib/opening";
import { draftOf, presetDraft, strategyOf, type StrategyDraft } from "@/lib/strategy";
import { calendarDate } from "@/lib/time";

interface Inputs {
  datasetId: string;
  start: string;
  end: string;
  opening: OpeningDraft;
  cashRate: string;
  execution: ExecutionRequest;
  strategy: StrategyDraft;
}

const USUAL = { symbol: "KO", start: "2010-01-04", end: "2020-12-31" };

/** Return the dataset of the usual symbol that covers the usual dates, or else the newest one. */
function usualDataset(datasets: readonly Dataset[]): Dataset | undefined {
  const usual = datasets.find(
    ({ symbol, first_session: first, last_session: last }) =>
      symbol === USUAL.symbol && first <= USUAL.start && USUAL.end <= last,
  );
  return usual ?? datasets[0];
}

/** Return the dates that a dataset covers, all of them where those of `wish` lie outside. */
function datesIn(dataset: Dataset | undefined, wish: { start: string; end: string }) {
  if (!dataset) return wish;
  const { first_session: first, last_session: last } = dataset;
  const isCovered = first <= wish.start && wish.end <= last;
  return isCovered ? { start: wish.start, end: wish.end } : { start: first, end: last };
}

function inputsOf(run: Simulation | undefined, datasets: readonly Dataset[]): Inputs {
  const first = usualDataset(datasets);
  const request = run?.request;
  const dates = request ?? datesIn(first, USUAL);
  return {
    datasetId: run?.dataset_id ?? first?.id ?? "",
    start: dates.start,
    end: dates.end,
    opening: openingDraft(request?.opening),
    cashRate: fractionToPercent(request?.cash_rate ?? "0"),
    execution: run ? repeatRequest(run).execution : USUAL_EXECUTION,
    strategy: request ? draftOf(request.strategy) : presetDraft("balanced"),
  };
}

function requestOf(inputs: Inputs): SimulationRequest {
  return {
    dataset_id: inputs.datasetId,
    start: inputs.start,
    end: inputs.end,
    opening: openingOf(inputs.opening),
    strategy: strategyOf(inputs.strategy),
    execution: inputs.execution,
    cash_rate: percentToFraction(inputs.cashRate),
  };
}

function datasetName({ symbol, resolution, adjustment, last_session: last }: Dataset): string {
  const basis = adjustmentWords(adjustment);
  return `${symbol}, ${resolutionWords(resolution)} to ${calendarDate(last)}, ${basis}`;
}

function coverage(dataset: Dataset | undefined): string {
  if (!dataset) return "";
  const { bars, dividends, first_session: first, last_session: last } = dataset;
  const days = `${calendarDate(first)} to ${calendarDate(last)}`;
  return `${plural(bars, "bar")}, ${days}, ${plural(dividends, "dividend")}`;
}

interface Props {
  datasets: readonly Dataset[];
  /** The run on screen, whose inputs are kept. */
  run?: Simulation;
}

function InputForm({ datasets, run }: Props) {
  const [inputs, setInputs] = useState(() => inputsOf(run, datasets));
  const [, navigate] = useLocation();
  const start = useRunSimulation();
  const problem = start.error ? Problem.from(start.error) : null;
  const set = (change: Partial<Inputs>) => setInputs((now) => ({ ...now, ...change }));
  const dataset = datasets.find(({ id }) => id === inputs.datasetId);

  const submit = () => {
    start.mutate(requestOf(inputs), { onSuccess: ({ id }) => navigate(`/lab/${id}`) });
  };

  return (
    <Form onSubmit={submit}>
      <SelectField
        label="Data"
        name="dataset_id"
        value={inputs.datasetId}
        onChange={(datasetId) => {
          const chosen = datasets.find(({ id }) => id === datasetId);
          set({ datasetId, ...datesIn(chosen, inputs) });
        }}
        options={datasets.map((each) => ({
          value: each.id,
          text: datasetName(each),
        }))}
        hint={coverage(dataset)}
        error={problem?.field("dataset_id")}
      />
      {dataset && dataset.resolution !== "1d" ? (
        <BarLength dataset={dataset} onChange={(datasetId) => set({ datasetId })} />
      ) : null}
      <div className="form-pair">
        <TextField
          label="From"
          name="start"
          type="date"
          value={inputs.start}
          min={dataset?.first_session}
          max={dataset?.last_session}
          onChange={(start) => set({ start })}
          error={problem?.field("start")}
        />
        <TextField
          label="To"
          name="end"
          type="date"
          value={inputs.end}
          min={dataset?.first_session}
          max={dataset?.last_session}
          onChange={(end) => set({ end })}
          error={problem?.field("end")}
        />
      </div>
      <OpeningFields
        draft={inputs.opening}
        onChange={(opening) => set({ opening })}
        problem={problem}
      />
      <StyleField draft={inputs.strategy} onChange={(strategy) => set({ strategy })} />
      <StrategyFields
        draft={inputs.strategy}
        onChange={(strategy) => set({ strategy })}
        problem={problem}
      />
      <ExecutionFields
        execution={inputs.execution}
        onChange={(execution) => set({ execution })}
        problem={problem}
      />
      <div className="form-pair">
        <TextField
          label="Interest on cash"
          name="cash_rate"
          unit="%"
          inputMode="decimal"
          value={inputs.cashRate}
          onChange={(cashRate) => set({ cashRate })}
          error={problem?.fraction("cash_rate")}
        />
      </div>
      {start.error ? (
        <ErrorBanner error={start.error} what="The simulation was not started" />
      ) : null}
      <Button type="submit" look="solid" busy={start.isPending}>
        Run simulation
      </Button>
    </Form>
  );
}

/** Return the block with the simulation's inputs. */
export function RunForm({ run }: { run?: Simulation }) {
  const datasets = useDatasets();
  return (
    <section className="block run-form">
      <header>
        <h2>Simulation</h2>
        <small>
          <Link href="/lab/data">
            {datasets.data ? `${plural(datasets.data.items.length, "dataset")}, get` : "Get"} data
          </Link>
        </small>
      </header>
      <div className="body">
        {datasets.error ? (
          <ErrorBanner
            error={datasets.error}
            what="The datasets could not be read"
            onRetry={() => void datasets.refetch()}
          />
        ) : null}
        {datasets.data ? (
          <InputForm datasets={datasets.data.items} {...(run ? { run } : {})} />
        ) : (
          <div className="form" aria-busy="true">
            {Array.from({ length: 9 }, (_, n) => (
              <Skeleton key={n} width="100%" height={32} />
            ))}
          </div>
        )}
      </div>
    </section>
  );
}
