import { useState } from "react";
import { useStartFetch, useFetchRanges } from "@/api/datasets";
import { Problem } from "@/api/problem";
import type { FetchRange, FetchRequest } from "@/api/types";
import { Button } from "@/components/button";
import { SelectField, TextField } from "@/components/field";
import { Form } from "@/components/form";
import { ErrorBanner } from "@/components/states";
import { calendarDate } from "@/lib/time";
import { RESOLUTIONS } from "@/lib/data-words";

const USUAL_START = "2010-01-04";
const SYMBOL = /^[A-Z0-9.-]{1,20}$/;

/** Return the first date that can be fetched; the archive holds prices as traded alone. */
function firstDate(range: FetchRange | undefined, adjustment: string): string | null {
  const { start, archived_from: archived } = range ?? {};
  if (!start) return null;
  return archived && adjustment === "raw" && archived < start ? archived : start;
}

function limits(range: FetchRange | undefined): string {
  if (!range) return "";
  const end = calendarDate(range.end);
  if (!range.start) return `The provider gives daily bars of any date up to ${end}.`;
  const given = `The provider gives these bars from ${calendarDate(range.start)} to ${end}.`;
  return range.archived_from
    ? `${given} Our own archive begins on ${calendarDate(range.archived_from)}.`
    : given;
}

/** Return the form that asks the provider for prices; `onStart` gets the job. */
export function FetchForm({ onStart }: { onStart: (id: string) => void }) {
  const [wish, setWish] = useState<FetchRequest>({
    symbol: "",
    resolution: "1d",
    start: USUAL_START,
    end: "",
    adjustment: "raw",
  });
  const ranges = useFetchRanges(SYMBOL.test(wish.symbol) ? wish.symbol : "");
  const start = useStartFetch();
  const problem = start.error ? Problem.from(start.error) : null;
  const range = ranges.data?.items.find(({ resolution }) => resolution === wish.resolution);
  const first = firstDate(range, wish.adjustment);
  // Dates that were not chosen yet follow the range.
  const shown = {
    ...wish,
    start: first && wish.start === USUAL_START ? first : wish.start,
    end: wish.end || (range?.end ?? ""),
  };
  const set = (change: Partial<FetchRequest>) => setWish({ ...wish, ...change });

  return (
    <Form onSubmit={() => start.mutate(shown, { onSuccess: ({ id }) => onStart(id) })}>
      <TextField
        label="Symbol"
        name="symbol"
        value={shown.symbol}
        placeholder="KO"
        required
        onChange={(symbol) => set({ symbol: symbol.toUpperCase() })}
        error={problem?.field("symbol")}
      />
      <SelectField
        label="Bars"
        name="resolution"
        value={shown.resolution}
        onChange={(resolution) =>
          set({ resolution: resolution as FetchRequest["resolution"], start: USUAL_START })
        }
        options={RESOLUTIONS.map(({ code, name }) => ({ value: code, text: name }))}
        hint={limits(range)}
      />
      <div className="form-pair">
        <TextField
          label="From"
          name="start"
          type="date"
          value={shown.start}
          min={first ?? undefined}
          max={range?.end}
          onChange={(from) => set({ start: from })}
          error={problem?.field("start")}
        />
        <TextField
          label="To"
          name="end"
          type="date"
          value={shown.end}
          min={first ?? undefined}
          max={range?.end}
          onChange={(end) => set({ end })}
          error={problem?.field("end")}
        />
      </div>
      <SelectField
        label="Prices"
        name="adjustment"
        value={wish.adjustment}
        onChange={(adjustment) =>
          set({ adjustment: adjustment as FetchRequest["adjustment"], start: USUAL_START })
        }
        options={[
          { value: "raw", text: "As they were traded" },
          { value: "split", text: "Adjusted for splits" },
        ]}
        hint="From Yahoo Finance, for personal use and research. The last two sessions are read twice, a minute apart."
      />
      {start.error ? <ErrorBanner error={start.error} what="The prices were not fetched" /> : null}
      <Button type="submit" look="solid" busy={start.isPending}>
        Get data
      </Button>
    </Form>
  );
}
