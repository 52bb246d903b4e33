import { Link } from "wouter";
import { usePageTitle } from "@/lib/page-title";

/** Return the page for an address that names nothing. */
export function NotFound() {
  usePageTitle("Not found");
  return (
    <>
      <div className="page-head">
        <h1>No such page</h1>
      </div>
      <section className="block">
        <div className="empty">
          <p>This address names no page. A position may have been archived, or a link was cut.</p>
          <Link className="btn" href="/">
            Show positions
          </Link>
        </div>
      </section>
    </>
  );
}
