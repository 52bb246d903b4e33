import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, newKey, unwrap } from "@/api/client";
import { usePolling } from "@/api/link";
import type { Fetch, FetchRequest, Resolution } from "@/api/types";

/** The datasets that a simulation can run on. */
export function useDatasets() {
  return useQuery({
    queryKey: ["datasets", "list"],
    queryFn: ({ signal }) =>
      unwrap(client.GET("/v1/datasets", { params: { query: { limit: 1000 } }, signal })),
    staleTime: 60_000,
  });
}

interface ResampleWish {
  datasetId: string;
  resolution: Resolution;
}

/** Merge the bars of a dataset into longer ones; the listing is read again before it is done. */
export function useResample() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ datasetId, resolution }: ResampleWish) =>
      unwrap(
        client.POST("/v1/datasets/{dataset_id}/resample", {
          params: {
            path: { dataset_id: datasetId },
            header: { "idempotency-key": newKey() },
          },
          body: { resolution },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["datasets"] }),
  });
}

/** One dataset, which never changes. */
export function useDataset(id: string) {
  return useQuery({
    queryKey: ["datasets", "one", id],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/v1/datasets/{dataset_id}", { params: { path: { dataset_id: id } }, signal }),
      ),
    staleTime: Infinity,
  });
}

/** What changed since the version before a dataset. */
export function useDatasetDiff(id: string) {
  return useQuery({
    queryKey: ["datasets", "diff", id],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/v1/datasets/{dataset_id}/diff", {
          params: { path: { dataset_id: id } },
          signal,
        }),
      ),
    staleTime: Infinity,
  });
}

/** The dates that can be fetched, by resolution; the archive counts once a symbol is given. */
export function useFetchRanges(symbol: string) {
  return useQuery({
    queryKey: ["datasets", "ranges", symbol],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/v1/datasets/ranges", {
          params: { query: symbol ? { symbol } : {} },
          signal,
        }),
      ),
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
}

/** The symbols whose minute bars are kept after each close. */
export function useArchive() {
  return useQuery({
    queryKey: ["datasets", "archive"],
    queryFn: ({ signal }) => unwrap(client.GET("/v1/datasets/archive", { signal })),
    staleTime: 60_000,
  });
}

/** Return whether a fetch is still under way. */
export function isGoing(job: Fetch | undefined): boolean {
  return job?.status === "queued" || job?.status === "running";
}

/** One fetch; read when the stream tells of it, or in turns until it is done. */
export function useFetch(id: string) {
  const polling = usePolling();
  return useQuery({
    queryKey: ["fetches", id],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/v1/datasets/fetches/{fetch_id}", {
          params: { path: { fetch_id: id } },
          signal,
        }),
      ),
    refetchInterval: (query) => (isGoing(query.state.data) ? polling : false),
  });
}

/** Start a fetch. */
export function useStartFetch() {
  return useMutation({
    mutationFn: (body: FetchRequest) =>
      unwrap(
        client.POST("/v1/datasets/fetch", {
          params: { header: { "idempotency-key": newKey() } },
          body,
        }),
      ),
  });
}

/** Cancel a fetch that is under way. */
export function useCancelFetch() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.DELETE("/v1/datasets/fetches/{fetch_id}", { params: { path: { fetch_id: id } } }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["fetches"] }),
  });
}
