import type { Problem } from "@/api/problem";
import type { ExecutionRequest } from "@/api/types";
import { SelectField } from "@/components/field";
import { FILLS, PATHS } from "@/lib/words";

interface Props {
  execution: ExecutionRequest;
  onChange: (execution: ExecutionRequest) => void;
  problem: Problem | null;
}

/** Return the execution as the form sends it: a path belongs to fills inside the bar only. */
function executionOf(model: string, path: string | undefined): ExecutionRequest {
  const fills = FILLS.find((each) => each.model === model) ?? FILLS[0];
  const way = PATHS.find((each) => each.path === path) ?? PATHS[0];
  return fills.model === "touch" ? { model: fills.model, path: way.path } : { model: fills.model };
}

/** What a new run starts with: fills inside the bar, on the pessimistic path. */
export const USUAL_EXECUTION = executionOf(FILLS[0].model, PATHS[0].path);

/** Return the fields for how orders fill and, inside the bar, which way the price takes. */
export function ExecutionFields({ execution, onChange, problem }: Props) {
  const { model, path } = execution;
  return (
    <>
      <SelectField
        label="Fills"
        name="model"
        value={model}
        onChange={(chosen) => onChange(executionOf(chosen, path))}
        options={FILLS.map((each) => ({ value: each.model, text: each.name }))}
        hint={FILLS.find((each) => each.model === model)?.how}
        error={problem?.field("execution.model")}
      />
      {path ? (
        <SelectField
          label="Path"
          name="path"
          value={path}
          onChange={(chosen) => onChange(executionOf(model, chosen))}
          options={PATHS.map((each) => ({ value: each.path, text: each.name }))}
          hint={PATHS.find((each) => each.path === path)?.how}
          error={problem?.field("execution.path")}
        />
      ) : null}
    </>
  );
}
