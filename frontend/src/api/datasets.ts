import { useQuery } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";

/** The datasets that a simulation can run on. */
export function useDatasets() {
  return useQuery({
    queryKey: ["datasets"],
    queryFn: ({ signal }) =>
      unwrap(client.GET("/v1/datasets", { params: { query: { limit: 1000 } }, signal })),
    staleTime: 60_000,
  });
}
