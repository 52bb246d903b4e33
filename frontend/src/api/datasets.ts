import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, newKey, unwrap } from "@/api/client";
import type { Resolution } from "@/api/types";

/** The datasets that a simulation can run on. */
export function useDatasets() {
  return useQuery({
    queryKey: ["datasets"],
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
