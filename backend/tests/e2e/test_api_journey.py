"""The journeys of a user of the API through positions and datasets, on the real server."""

from datetime import timedelta

import psycopg
import pytest

from tests.e2e.conftest import Product, ProductInSession
from tests.e2e.wire import answered, fields, items_of, problem

OPENING = {"cash": "6000", "shares": "100", "anchor_price": "60"}
CLOSE_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
QUERY = {"symbol": "KO", "resolution": "1d", "adjustment": "split"}
GOOD = b"date,open,high,low,close\n2024-01-02,59,60,58.5,59.5\n2024-01-03,59.5,61,59,60\n"


class TestTheService:
    def test_says_that_it_lives_is_ready_and_what_it_is(self, product: Product) -> None:
        client = product.backend.client
        assert answered(client.get("/v1/healthz")) == {"status": "ok"}
        ready = answered(client.get("/v1/readyz"))
        assert ready["status"] == "ready"
        assert {d["name"]: d["state"] for d in ready["dependencies"]} == {
            "database": "ok",
            "cache": "ok",
        }
        version = answered(client.get("/v1/version"))
        status = answered(client.get("/v1/status"))
        assert (status["mode"], status["trading_halted"]) == ("paper", False)
        assert status["version"] == version["version"]
        assert status["market"]["exchange"] == "XNYS"

    def test_brings_real_prices_with_their_origin(self, product: Product) -> None:
        datasets = answered(product.backend.client.get("/v1/datasets"))["items"]
        assert {d["symbol"]: d["bars"] for d in datasets} == {"KO": 6084, "MSFT": 6084}
        assert all("recorded by" in d["provenance"]["provider"] for d in datasets)


class TestADatabaseThatIsAway:
    def test_is_a_503_with_a_time_to_try_again_until_it_is_back(
        self, product: Product, superuser_url: str
    ) -> None:
        client = product.backend.client
        wish = {"symbol": "KO", "opening": OPENING}
        before = items_of(client, "/v1/positions")
        with psycopg.connect(superuser_url, autocommit=True) as superuser:
            superuser.execute(_closing(product, opens=False))
            superuser.execute(CLOSE_CONNECTIONS, [product.database])
            try:
                away = problem(client.post("/v1/positions", json=wish), 503)
                assert away["type"] == "/problems/dependency-unavailable"
                assert answered(client.get("/v1/healthz")) == {"status": "ok"}
                assert answered(client.get("/v1/readyz"), 503)["status"] == "not_ready"
            finally:
                superuser.execute(_closing(product, opens=True))
        assert answered(client.get("/v1/readyz"))["status"] == "ready"
        assert items_of(client, "/v1/positions") == before


def _closing(product: Product, *, opens: bool) -> psycopg.sql.Composed:
    return psycopg.sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}").format(
        psycopg.sql.Identifier(product.database), psycopg.sql.Literal(opens)
    )


class TestAPosition:
    def test_lives_from_its_opening_to_the_archive_at_any_hour(self, product: Product) -> None:
        client = product.backend.client
        product.yahoo.quote("KO", price="59.52")
        opened = answered(
            client.post("/v1/positions", json={"symbol": "KO", "opening": OPENING, "name": "Coke"}),
            201,
        )
        path = f"/v1/positions/{opened['id']}"
        assert (opened["status"], opened["cash"], opened["sell_at"]) == ("paused", "6000", "61.8")
        assert answered(client.get(path)) == opened

        evaluated = answered(client.post(f"{path}/evaluate", json={"price": "63"}))
        assert (evaluated["kind"], evaluated["side"], evaluated["quantity"]) == (
            "proposed",
            "sell",
            "15.4953",
        )
        assert "not_running" in evaluated["blocked_by"]
        assert answered(client.get(path)) == opened

        ticked = answered(client.post(f"{path}/tick"))
        assert (ticked["decision"]["kind"], ticked["decision"]["reason"]) == (
            "refused",
            "not_running",
        )
        started = answered(client.post(f"{path}/start", json={"reason": "let it run"}))
        assert started["status"] == "running"
        ticked = answered(client.post(f"{path}/tick"))
        assert ticked["decision"]["kind"] in {"hold", "refused", "proposed"}
        assert ticked["decision"]["sentence"]

        moved = answered(
            client.post(
                f"{path}/cash-movements",
                json={"kind": "withdrawal", "amount": "1000.5", "reason": "rent"},
            )
        )
        assert moved["position"]["cash"] == "4999.5"
        anchored = answered(client.post(f"{path}/anchor", json={"price": "59", "reason": "mine"}))
        assert (anchored["anchor_price"], anchored["sell_at"]) == ("59", "60.77")
        patched = answered(
            client.patch(path, json={"strategy": {"trigger": {"up": "0.05"}}, "name": "Cola"})
        )
        assert (patched["strategy_version"], patched["sell_at"]) == (2, "61.95")
        assert patched["strategy"]["trigger"] == {"up": "0.05", "down": "0.03"}

        assert problem(client.delete(path), 409)["reason"] == "position_active"
        answered(client.post(f"{path}/pause"))
        assert answered(client.delete(path))["archived_at"] is not None
        assert opened["id"] not in {p["id"] for p in items_of(client, "/v1/positions")}

        assert [v["version"] for v in items_of(client, f"{path}/strategies")] == [2, 1]
        assert [e["kind"] for e in items_of(client, f"{path}/ledger")] == ["withdrawal", "opening"]
        assert items_of(client, f"{path}/dividends") == []
        events = items_of(client, f"{path}/audit-events")
        assert [e["number"] for e in events] == list(range(len(events), 0, -1))
        assert {"opened", "decided", "started", "cash_moved", "archived"} <= {
            e["kind"] for e in events
        }
        assert product.store.verify_book(position_id=opened["id"]) == ()

    def test_trades_within_a_session(self, product_in_session: ProductInSession) -> None:
        product, client = product_in_session, product_in_session.backend.client
        product.yahoo.walk(
            "KO",
            prices=("61", "63", "60.9"),
            start=product.clock.now() - timedelta(seconds=30),
            step=timedelta(seconds=1),
        )
        wish = {"symbol": "KO", "opening": OPENING}
        opened = answered(client.post("/v1/positions", json=wish), 201)
        path = f"/v1/positions/{opened['id']}"
        answered(client.post(f"{path}/start"))
        held, sold, bought, refused = (answered(client.post(f"{path}/tick")) for _ in range(4))
        assert (held["decision"]["kind"], held["order"]) == ("hold", None)
        assert (sold["order"]["side"], sold["order"]["state"]) == ("sell", "done")
        assert (sold["trade"]["quantity"], sold["trade"]["price"]) == ("15.4953", "63")
        assert sold["position"]["anchor_price"] == "63"
        assert (bought["trade"]["side"], bought["trade"]["price"]) == ("buy", "60.9")
        assert refused["decision"]["reason"] == "price_duplicate"

        assert [d["kind"] for d in items_of(client, f"{path}/decisions")] == [
            "refused",
            "proposed",
            "proposed",
            "hold",
        ]
        (first,) = items_of(client, f"{path}/decisions", kind="hold")
        assert first == answered(client.get(f"{path}/decisions/1"))
        assert items_of(client, f"{path}/trades") == [bought["trade"], sold["trade"]]
        assert items_of(client, f"{path}/orders") == [bought["order"], sold["order"]]
        cash = items_of(client, f"{path}/ledger")
        assert [entry["kind"] for entry in cash] == [
            "commission",
            "buy",
            "commission",
            "sell",
            "opening",
        ]
        assert cash[0]["cash_after"] == bought["position"]["cash"]
        assert product.store.verify_book(position_id=opened["id"]) == ()

    def test_is_opened_once_by_requests_with_one_key(self, product: Product) -> None:
        client = product.backend.client
        key = {"Idempotency-Key": "open-once"}
        wish = {"symbol": "MSFT", "opening": OPENING}
        first = client.post("/v1/positions", json=wish, headers=key)
        again = client.post("/v1/positions", json=wish, headers=key)
        assert (answered(first, 201), first.content) == (answered(again, 201), again.content)
        other = client.post("/v1/positions", json=wish | {"name": "x"}, headers=key)
        assert problem(other, 422)["errors"][0]["field"] == "Idempotency-Key"
        opened = [p for p in items_of(client, "/v1/positions") if p["symbol"] == "MSFT"]
        assert len(opened) == 1


class TestADataset:
    def test_is_imported_as_a_body_or_as_a_form_and_is_the_same(self, product: Product) -> None:
        client = product.backend.client
        sent = client.post(
            "/v1/datasets",
            params=QUERY,
            content=GOOD,
            headers={"Content-Type": "text/csv"},
        )
        form = client.post("/v1/datasets", params=QUERY, files={"file": ("KO.csv", GOOD)})
        dataset = answered(sent, 201)
        assert answered(form, 201) == dataset
        assert dataset["bars"] == 2
        path = f"/v1/datasets/{dataset['id']}"
        assert answered(client.get(path)) == dataset
        assert answered(client.get(f"/v1/datasets/{dataset['digest']}")) == dataset
        assert len(answered(client.get(f"{path}/bars"))["items"]) == 2

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"date,open\n",
            GOOD + b"2024-01-04,1,2\n",
            GOOD.replace(b"61,", b"1,"),
            GOOD.replace(b"59,60", b"NaN,60"),
            b"\xff\xfe\x00" * 100,
            GOOD + b"2024-01-03,59.5,61,59,60\n",
        ],
    )
    def test_that_is_wrong_anywhere_is_refused_as_a_whole(
        self, product: Product, content: bytes
    ) -> None:
        client = product.backend.client
        before = items_of(client, "/v1/datasets")
        for answer in (
            client.post(
                "/v1/datasets",
                params=QUERY,
                content=content,
                headers={"Content-Type": "text/csv"},
            ),
            client.post("/v1/datasets", params=QUERY, files={"file": ("KO.csv", content)}),
        ):
            assert all(error["field"] for error in problem(answer, 422)["errors"])
        assert items_of(client, "/v1/datasets") == before

    def test_of_another_symbol_is_another_request_under_one_key(self, product: Product) -> None:
        headers = {"Idempotency-Key": "import-once", "Content-Type": "text/csv"}
        answers = [
            product.backend.client.post(
                "/v1/datasets",
                params=QUERY | {"symbol": symbol},
                content=GOOD,
                headers=headers,
            )
            for symbol in ("AAA", "AAA", "BBB")
        ]
        assert answered(answers[0], 201) == answered(answers[1], 201)
        assert problem(answers[2], 422)["errors"][0]["field"] == "Idempotency-Key"

    def test_is_merged_into_longer_bars_once(self, product: Product) -> None:
        client = product.backend.client
        rows = [f"2024-01-02T09:{minute}:00,59,60,58,59" for minute in range(30, 50)]
        minutes = answered(
            client.post(
                "/v1/datasets",
                params=QUERY | {"resolution": "1m"},
                content="\n".join(("timestamp,open,high,low,close", *rows)).encode(),
                headers={"Content-Type": "text/csv"},
            ),
            201,
        )
        path = f"/v1/datasets/{minutes['id']}/resample"
        made = answered(client.post(path, json={"resolution": "5m"}), 201)
        assert (made["resolution"], made["bars"]) == ("5m", 4)
        assert made["provenance"]["parent"] == minutes["digest"]
        assert answered(client.post(path, json={"resolution": "5m"}), 201) == made
        assert fields(client.post(path, json={"resolution": "1m"})) == {
            "resolution": "a longer one: 5m, 15m, 30m, 1h, 1d"
        }
        assert fields(client.post(path, json={"resolution": "2h"}))
        unknown = f"/v1/datasets/{'f' * 16}/resample"
        assert problem(client.post(unknown, json={"resolution": "1d"}), 404)
