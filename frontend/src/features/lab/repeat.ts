import type { Simulation, SimulationRequest } from "@/api/types";

/** Return the request that repeats a run exactly; what its opening did not state stays out. */
export function repeatRequest(run: Simulation): SimulationRequest {
  const stated = Object.entries(run.request.opening).filter(([, value]) => value !== null);
  return { ...run.request, dataset_id: run.dataset_id, opening: Object.fromEntries(stated) };
}
