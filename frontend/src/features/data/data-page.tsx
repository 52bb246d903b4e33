import { useSearchParams } from "wouter";
import { DatasetList } from "@/features/data/dataset-list";
import { FetchForm } from "@/features/data/fetch-form";
import { FetchProgress } from "@/features/data/fetch-progress";
import { Archive } from "@/features/data/archive";
import { usePageTitle } from "@/lib/page-title";

/** Return the page that brings prices here: a fetch at the left, what there is beside it. */
export function DataPage() {
  usePageTitle("Price data", "SIMULATION");
  const [search, setSearch] = useSearchParams();
  const fetchId = search.get("fetch");
  return (
    <>
      <div className="page-head">
        <h1>Price data</h1>
        <small>recorded prices that simulations run on</small>
      </div>
      <div className="lab">
        <section className="block run-form">
          <header>
            <h2>Get data</h2>
          </header>
          <div className="body">
            <FetchForm onStart={(id) => setSearch({ fetch: id })} />
          </div>
        </section>
        <div>
          {fetchId ? <FetchProgress key={fetchId} id={fetchId} /> : null}
          <DatasetList />
          <Archive />
        </div>
      </div>
    </>
  );
}
