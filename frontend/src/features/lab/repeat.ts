import type { ExecutionRequest, Simulation, SimulationRequest } from "@/api/types";

/** Return the request that repeats a run exactly; what it did not state stays out. */
export function repeatRequest(run: Simulation): SimulationRequest {
  const { execution, opening } = run.request;
  return {
    ...run.request,
    dataset_id: run.dataset_id,
    opening: stated(opening),
    execution: stated(execution) as ExecutionRequest,
  };
}

function stated(fields: object): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
