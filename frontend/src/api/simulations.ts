import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, newKey, unwrap } from "@/api/client";
import type { Simulation, SimulationRequest } from "@/api/types";

const POINTS = 5000;
const PAGE = 25;

// The stream tells of a run several times a second; one it is silent about is asked for. Each
// event that patches the cache starts the wait anew.
const SILENCE_MS = 2000;

/** Return whether a run is still under way. */
export function isActive(run: Pick<Simulation, "status"> | undefined): boolean {
  return run?.status === "queued" || run?.status === "running";
}

/** The runs, newest first. */
export function useSimulations() {
  return useQuery({
    queryKey: ["simulations", "list"],
    queryFn: ({ signal }): Promise<{ items: Simulation[]; next_cursor: string | null }> =>
      unwrap(client.GET("/v1/simulations", { params: { query: { limit: 50 } }, signal })),
    refetchInterval: (query) => (query.state.data?.items.some(isActive) ? SILENCE_MS : false),
  });
}

/** Return a run as it was read, with the progress that the stream told since. */
export function furthest(told: Simulation | undefined, read: Simulation): Simulation {
  if (!told || !isActive(read) || read.done > told.done) return read;
  return {
    ...read,
    done: told.done,
    partial_curve: told.partial_curve.length > 0 ? told.partial_curve : read.partial_curve,
  };
}

/** One run. */
export function useSimulation(id: string) {
  return useQuery({
    queryKey: ["simulations", id],
    queryFn: async ({ signal, client: queries, queryKey }) => {
      const path = { simulation_id: id };
      const read = await unwrap(
        client.GET("/v1/simulations/{simulation_id}", { params: { path }, signal }),
      );
      return furthest(queries.getQueryData<Simulation>(queryKey), read);
    },
    refetchInterval: (query) => (isActive(query.state.data) ? SILENCE_MS : false),
  });
}

/** The curves of a completed run, down-sampled by the backend to what a screen can show. */
export function useEquity(id: string) {
  return useQuery({
    queryKey: ["simulations", id, "equity"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/v1/simulations/{simulation_id}/equity", {
          params: { path: { simulation_id: id }, query: { points: POINTS } },
          signal,
        }),
      ),
    staleTime: Infinity,
  });
}

/** The trades of a completed run, oldest first, a page at a time. */
export function useSimulationTrades(id: string, limit = PAGE) {
  return useInfiniteQuery({
    queryKey: ["simulations", id, "trades", limit],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/v1/simulations/{simulation_id}/trades", {
          params: {
            path: { simulation_id: id },
            query: { limit, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.next_cursor === null ? null : Number(page.next_cursor)),
    staleTime: Infinity,
  });
}

/** Start a run. */
export function useRunSimulation() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: SimulationRequest) =>
      unwrap(
        client.POST("/v1/simulations", {
          params: { header: { "idempotency-key": newKey() } },
          body,
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["simulations"] }),
  });
}

/** Cancel a run that is under way; one that has just ended keeps its result. */
export function useCancelSimulation() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.DELETE("/v1/simulations/{simulation_id}", {
          params: { path: { simulation_id: id }, query: { only_cancel: true } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["simulations"] }),
  });
}
