"""Prices over HTTP: every one with source and age, and what is said without a provider."""

from datetime import datetime, timedelta

from app.adapters.clock import SystemClock
from tests.e2e.conftest import Product, ProductInSession
from tests.e2e.wire import Body, answered, items_of, problem
from tests.yahoo_replay import Answer

OPENING = {"cash": "6000", "shares": "100", "anchor_price": "60"}
REFUSAL = Answer(status=429, body=b"Too Many Requests\r\n", headers={"Retry-After": "77"})


def symbol_of(status: Body, symbol: str) -> Body:
    (found,) = (each for each in status["data"]["symbols"] if each["symbol"] == symbol)
    price: Body = found["last_price"]
    return price


class TestTheExchange:
    def test_tells_its_next_sessions_with_their_half_days(self, product: Product) -> None:
        market = answered(product.backend.client.get("/v1/market/status"))
        assert market["exchange"] == "XNYS"
        assert len(market["sessions"]) == 5
        days = [session["date"] for session in market["sessions"]]
        assert days == sorted(days)
        for session in market["sessions"]:
            hours = [datetime.fromisoformat(session[name]) for name in HOURS]
            assert hours == sorted(hours)
            half_day = hours[2] - hours[1] == timedelta(hours=3.5)
            assert (session["early_close"] is not None) == half_day
        assert market["next_change_at"] > market["at"]


HOURS = ("extended_opens_at", "opens_at", "closes_at", "extended_closes_at")


class TestAPrice:
    def test_has_its_source_its_times_its_age_and_whether_it_is_stale(
        self, product: Product
    ) -> None:
        client = product.backend.client
        product.yahoo.quote("PEP", price="170.5")
        quote = answered(client.get("/v1/market/PEP/quote"))
        assert (quote["price"], quote["source"], quote["delay"]) == ("170.5", "yahoo", "real_time")
        times = [datetime.fromisoformat(quote[name]) for name in ("observed_at", "received_at")]
        assert times == sorted(times)
        assert 0 <= quote["age_seconds"] < quote["stale_after_seconds"] == 60
        assert quote["stale"] is False
        ticks = answered(client.get("/v1/market/PEP/ticks"))
        assert [tick["price"] for tick in ticks["items"]] == ["170.5"]
        assert ticks["items"][0]["observed_at"] == quote["observed_at"]

    def test_of_yesterday_is_stale(self, product: Product) -> None:
        client = product.backend.client
        yesterday = SystemClock().now() - timedelta(days=1)
        product.yahoo.quote("XOM", price="100", at=yesterday)
        quote = answered(client.get("/v1/market/XOM/quote"))
        assert quote["stale"] is True
        assert quote["age_seconds"] >= 86_400

    def test_is_none_where_none_was_seen(self, product: Product) -> None:
        assert answered(product.backend.client.get("/v1/market/NONE/ticks"))["items"] == []


class TestTheStatus:
    def test_tells_mode_loop_broker_and_how_the_market_data_are(
        self, product_in_session: ProductInSession
    ) -> None:
        product, client = product_in_session, product_in_session.backend.client
        product.yahoo.walk(
            "KO",
            prices=("60.1",),
            start=product.clock.now() - timedelta(seconds=5),
            step=timedelta(seconds=1),
        )
        opened = answered(
            client.post("/v1/positions", json={"symbol": "KO", "opening": OPENING}), 201
        )
        path = f"/v1/positions/{opened['id']}"
        assert opened["last_price"] is None
        answered(client.post(f"{path}/start"))
        used = answered(client.post(f"{path}/tick"))["position"]["last_price"]
        assert (used["price"], used["source"], used["stale"]) == ("60.1", "yahoo", False)

        status = answered(client.get("/v1/status"))
        assert (status["mode"], status["loop"]["state"]) == ("paper", "off")
        assert (status["broker"]["name"], status["broker"]["state"]) == ("paper", "ok")
        data = status["data"]
        assert (data["state"], data["outage"]) == ("ok", None)
        assert 0 < data["budget"]["left"] <= data["budget"]["burst"]
        assert data["budget"]["breaker"] == "closed"
        assert data["cache"]["misses"] >= 1
        last = symbol_of(status, "KO")
        assert last["age_seconds"] >= used["age_seconds"]
        assert {name: last[name] for name in KEPT} == {name: used[name] for name in KEPT}

    def test_tells_since_when_the_provider_is_down_while_nothing_trades(
        self, product_in_session: ProductInSession
    ) -> None:
        product, client = product_in_session, product_in_session.backend.client
        opened = answered(
            client.post("/v1/positions", json={"symbol": "T", "opening": OPENING}), 201
        )
        path = f"/v1/positions/{opened['id']}"
        answered(client.post(f"{path}/start"))
        product.yahoo.script("T", REFUSAL)
        for question in (f"{path}/tick", f"{path}/evaluate"):
            away = problem(client.post(question), 503)
            assert (away["code"], away["provider"]) == ("RATE_LIMITED", "yahoo")
            assert 0 < away["retry_after_seconds"] <= 77
        assert problem(client.get("/v1/market/T/quote"), 503)["code"] == "RATE_LIMITED"
        assert items_of(client, f"{path}/decisions") == []

        data = answered(client.get("/v1/status"))["data"]
        assert (data["state"], data["outage"]["code"]) == ("down", "RATE_LIMITED")
        times = [
            datetime.fromisoformat(data["outage"][name])
            for name in ("since", "asked_at", "retry_at")
        ]
        assert times == sorted(times)
        assert (data["budget"]["breaker"], data["budget"]["cause"]) == ("open", "RATE_LIMITED")
        # What needs no provider works on.
        answered(client.post(f"{path}/evaluate", json={"price": "61"}))
        assert symbol_of(answered(client.get("/v1/status")), "KO")["price"] == "60.1"


KEPT = ("price", "source", "observed_at", "received_at", "delay", "delay_minutes")
