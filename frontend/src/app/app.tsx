import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { NotFound } from "@/app/not-found";
import { Shell } from "@/app/shell";
import { Skeleton } from "@/components/states";
import { LabPage } from "@/features/lab/lab-page";
import { RunPage } from "@/features/lab/run-page";
import { PositionPage } from "@/features/position/position-page";
import { PositionsPage } from "@/features/positions/positions-page";

// Opened now and then, so that not everyone has to load it.
const DataRoutes = lazy(() => import("@/features/data/data-routes"));

/** Return the whole dashboard: the shell and the page that the address names. */
export function App() {
  return (
    <Shell>
      <Switch>
        <Route path="/">
          <PositionsPage />
        </Route>
        <Route path="/positions/:id">{({ id }) => <PositionPage key={id} id={id} />}</Route>
        <Route path="/lab">
          <LabPage />
        </Route>
        <Route path="/lab/data/:id?">
          <Suspense fallback={<Skeleton width="100%" height={240} />}>
            <DataRoutes />
          </Suspense>
        </Route>
        <Route path="/lab/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Shell>
  );
}
