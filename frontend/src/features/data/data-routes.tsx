import { Route, Switch } from "wouter";
import { DataPage } from "@/features/data/data-page";
import { DatasetPage } from "@/features/data/dataset-page";

/** Return the pages of the price data, loaded when first opened. */
export default function DataRoutes() {
  return (
    <Switch>
      <Route path="/lab/data">
        <DataPage />
      </Route>
      <Route path="/lab/data/:id">{({ id }) => <DatasetPage key={id} id={id} />}</Route>
    </Switch>
  );
}
