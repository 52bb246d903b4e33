import { lazy, Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";
import { NotFound } from "@/app/not-found";
import { PageBoundary } from "@/app/page-boundary";
import { Shell } from "@/app/shell";
import { Skeleton } from "@/components/states";
import { PositionsPage } from "@/features/positions/positions-page";

// Each page is loaded when it is first opened; where most begin comes with the shell.
const PositionPage = lazy(() => import("@/features/position/position-page"));
const LabPage = lazy(() => import("@/features/lab/lab-page"));
const RunPage = lazy(() => import("@/features/lab/run-page"));
const DataRoutes = lazy(() => import("@/features/data/data-routes"));

/** Return the whole dashboard: the shell and the page that the address names. */
export function App() {
  const [path] = useLocation();
  return (
    <Shell>
      <PageBoundary path={path}>
        <Suspense fallback={<Skeleton width="100%" height={240} />}>
          <Switch>
            <Route path="/">
              <PositionsPage />
            </Route>
            <Route path="/positions/:id">{({ id }) => <PositionPage key={id} id={id} />}</Route>
            <Route path="/lab">
              <LabPage />
            </Route>
            <Route path="/lab/data/:id?">
              <DataRoutes />
            </Route>
            <Route path="/lab/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Suspense>
      </PageBoundary>
    </Shell>
  );
}
