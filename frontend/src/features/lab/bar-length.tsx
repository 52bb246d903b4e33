import { useResample } from "@/api/datasets";
import { Problem } from "@/api/problem";
import type { Dataset } from "@/api/types";
import { SelectField } from "@/components/field";
import { lengthsFrom } from "@/lib/resolution";

interface Props {
  dataset: Dataset;
  /** Called with the dataset of the chosen length, once it is there. */
  onChange: (datasetId: string) => void;
}

/** Return the field that merges the bars of an intraday dataset into longer ones. */
export function BarLength({ dataset, onChange }: Props) {
  const resample = useResample();
  const lengths = lengthsFrom(dataset.resolution);
  const problem = resample.error ? Problem.from(resample.error) : null;
  const merge = (chosen: string) => {
    const length = lengths.find(({ value }) => value === chosen);
    if (length && chosen !== dataset.resolution) {
      const wish = { datasetId: dataset.id, resolution: length.value };
      resample.mutate(wish, { onSuccess: ({ id }) => onChange(id) });
    }
  };
  return (
    <SelectField
      label="Bar length"
      name="resolution"
      value={resample.isPending ? resample.variables.resolution : dataset.resolution}
      onChange={merge}
      options={lengths}
      hint={
        resample.isPending
          ? "Merging the bars inside each session…"
          : "Longer bars are merged inside each session, and become a dataset of their own."
      }
      error={problem ? (problem.field("resolution") ?? problem.detail) : undefined}
    />
  );
}
