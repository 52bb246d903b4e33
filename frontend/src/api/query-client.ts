import { QueryClient } from "@tanstack/react-query";
import { Problem } from "@/api/problem";

/** Return the one store of server state. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2000,
        // A refusal stays a refusal; only a backend that is away is asked once more.
        retry: (failures, error) => {
          const { status } = Problem.from(error);
          return failures < 1 && (status === 0 || status >= 500);
        },
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
