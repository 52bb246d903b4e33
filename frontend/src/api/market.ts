import { useQuery } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";

/** The latest prices of a symbol that were seen, oldest first; reading them asks no provider. */
export function useTicks(symbol: string) {
  return useQuery({
    // Among the positions, so that a check of one reads them anew.
    queryKey: ["positions", "ticks", symbol],
    queryFn: ({ signal }) =>
      unwrap(client.GET("/v1/market/{symbol}/ticks", { params: { path: { symbol } }, signal })),
    refetchInterval: 15_000,
    retry: false,
  });
}
