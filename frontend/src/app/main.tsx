import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { patching } from "@/api/patches";
import { createQueryClient } from "@/api/query-client";
import { followStream } from "@/api/stream";
import { App } from "@/app/app";
import "@/styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element #root");

const queries = createQueryClient();
followStream(patching(queries));

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
