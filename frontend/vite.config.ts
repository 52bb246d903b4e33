import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // 127.0.0.1, never localhost: another site name would keep the session cookie from being sent.
  server: { host: "127.0.0.1", port: 5173 },
  build: {
    outDir: "dist",
    // The first releases with light-dark(), which every colour here is written in.
    target: ["chrome123", "firefox120", "safari17.5"],
    sourcemap: false,
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
  },
});
