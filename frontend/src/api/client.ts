import createClient from "openapi-fetch";
import { Problem } from "@/api/problem";
import type { paths } from "@/api/schema.gen";

/** Where the API is: same origin in production; the development server names the backend. */
export const baseUrl = (import.meta.env.VITE_API_BASE_URL as string | undefined) ?? "";

/** The generated client: every path, parameter and body is checked against the OpenAPI document. */
export const client = createClient<paths>({ baseUrl });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Return the body of a successful answer; throw anything else as a problem. */
export async function unwrap<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request.catch((cause: unknown) => {
    throw Problem.from(cause);
  });
  if (!response.ok) {
    throw new Problem(response.status, typeof error === "object" && error !== null ? error : {});
  }
  return data as T;
}

/** Return a fresh idempotency key, so that a repeated click or a retry acts once. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
