"""Transactions: what a lost, busy or absent database leads to, and requests repeated by key."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.book import StoredAnswer
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from tests.integration.postgres.records import (
    a_record,
    decide,
    new_id,
    open_position,
    page_of,
)

DIGEST, OTHER_DIGEST = "1" * 64, "2" * 64
CREATED = StoredAnswer(status=201, body='{"id":"1"}')
OTHERS_OF_THIS_DATABASE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class TestALostConnection:
    def test_in_a_transaction_undoes_it_and_is_reported(
        self, store: PostgresStore, superuser: psycopg.Connection
    ) -> None:
        record = a_record()

        def work() -> None:
            with store.book() as book:
                book.add_position(record=record, reason="opened")
                superuser.execute(OTHERS_OF_THIS_DATABASE)
                book.trading_halted()

        with pytest.raises(UnavailableError, match="Nothing was changed") as lost:
            work()
        assert lost.value.retry_after_seconds > 0
        with store.book() as book, pytest.raises(NotFoundError):
            book.get_position(position_id=record.id)

    def test_at_the_commit_leaves_the_outcome_open(
        self, store: PostgresStore, superuser: psycopg.Connection
    ) -> None:
        opened = open_position(store)

        def work() -> None:
            with store.book() as book:
                book.save_position(record=replace(opened, name="perhaps"))
                superuser.execute(OTHERS_OF_THIS_DATABASE)

        with pytest.raises(UnavailableError, match="not known whether"):
            work()

    def test_while_idle_goes_unnoticed(
        self, store: PostgresStore, superuser: psycopg.Connection
    ) -> None:
        opened = open_position(store)
        superuser.execute(OTHERS_OF_THIS_DATABASE)
        with store.book() as book:
            assert book.get_position(position_id=opened.id) == opened


class TestADatabase:
    def test_that_does_not_answer_is_unavailable(self) -> None:
        away = PostgresStore(url="postgresql://vb:vb@127.0.0.1:1/vb")
        with pytest.raises(UnavailableError, match="does not answer"), away.book():
            pass
        away.close()

    def test_that_waits_for_a_lock_too_long_is_unavailable(
        self, new_database: Callable[[], str]
    ) -> None:
        url = new_database()
        store = PostgresStore(url=url)
        opened = open_position(store)

        def work() -> None:
            with store.book() as book:
                book._connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
                book.lock_position(position_id=opened.id)

        with psycopg.connect(url) as holder:
            holder.execute("SELECT FROM position FOR UPDATE")
            with pytest.raises(UnavailableError, match="kept waiting"):
                work()
        store.close()


class TestOnePosition:
    def test_stays_gapless_under_16_threads(self, store: PostgresStore) -> None:
        opened = open_position(store)
        threads, each = 16, 5
        barrier = threading.Barrier(threads)

        def work() -> None:
            barrier.wait(timeout=10)
            for _ in range(each):
                with page_of(store, opened.id) as (book, journal):
                    decide(book, journal)

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result(timeout=60)
        with store.book() as book:
            present = book.get_position(position_id=opened.id)
        assert present.decisions == threads * each
        assert store.verify_book(position_id=opened.id) == ()

    def test_is_read_by_the_winner_of_the_lock_as_the_loser_left_it(
        self, store: PostgresStore
    ) -> None:
        opened = open_position(store)
        waiting = threading.Event()

        def rename() -> str:
            waiting.set()
            with page_of(store, opened.id) as (_, journal):
                return journal.record.name

        with ThreadPoolExecutor(1) as pool:
            with page_of(store, opened.id) as (_, journal):
                second = pool.submit(rename)
                assert waiting.wait(timeout=10)
                journal.change(name="first")
            assert second.result(timeout=10) == "first"


class TestARequestKey:
    def test_gets_the_first_answer_again(self, store: PostgresStore) -> None:
        key = new_id()
        with store.book() as book:
            assert book.begin_request(key=key, digest=DIGEST) is None
            book.finish_request(key=key, answer=CREATED)
        with store.shelf() as shelf:
            assert shelf.begin_request(key=key, digest=DIGEST) == CREATED

    def test_is_refused_for_another_body(self, store: PostgresStore) -> None:
        key = new_id()
        with store.book() as book:
            book.begin_request(key=key, digest=DIGEST)
            book.finish_request(key=key, answer=CREATED)
        with store.book() as book, pytest.raises(InvalidInputError) as refused:
            book.begin_request(key=key, digest=OTHER_DIGEST)
        assert refused.value.errors[0].field == "Idempotency-Key"

    def test_is_in_progress_while_its_first_request_runs(self, store: PostgresStore) -> None:
        key = new_id()
        with store.book() as first:
            assert first.begin_request(key=key, digest=DIGEST) is None
            with store.book() as second, pytest.raises(ConflictError) as refused:
                second.begin_request(key=key, digest=DIGEST)
            assert refused.value.reason == "request_in_progress"
            with store.book() as other:
                assert other.begin_request(key=new_id(), digest=DIGEST) is None

    def test_is_free_again_when_its_request_failed(self, store: PostgresStore) -> None:
        key = new_id()
        with pytest.raises(ConflictError), store.book() as book:
            fail_after_claiming(book.begin_request(key=key, digest=DIGEST))
        with store.book() as book:
            assert book.begin_request(key=key, digest=OTHER_DIGEST) is None

    def test_lets_one_of_many_at_once_do_the_work(self, store: PostgresStore) -> None:
        key, threads = new_id(), 16
        barrier = threading.Barrier(threads)

        def work(number: int) -> StoredAnswer | None:
            barrier.wait(timeout=10)
            try:
                with store.book() as book:
                    kept = book.begin_request(key=key, digest=DIGEST)
                    if kept is None:
                        mine = StoredAnswer(status=200, body=str(number))
                        book.finish_request(key=key, answer=mine)
                        return mine
                    return kept
            except ConflictError:
                return None

        with ThreadPoolExecutor(threads) as pool:
            answers = {done for done in pool.map(work, range(threads)) if done is not None}
        assert len(answers) == 1


class TestVerification:
    def test_sees_one_moment_of_a_running_position(self, store: PostgresStore) -> None:
        opened = open_position(store)
        stop = threading.Event()

        def decide_on() -> None:
            while not stop.is_set():
                with page_of(store, opened.id) as (book, journal):
                    decide(book, journal)

        findings: list[tuple[str, ...]] = []
        with ThreadPoolExecutor(1) as pool:
            deciding = pool.submit(decide_on)
            try:
                findings.extend(store.verify_book(position_id=opened.id) for _ in range(5))
            finally:
                stop.set()
            deciding.result(timeout=30)
        assert findings == [()] * 5


def fail_after_claiming(answer: StoredAnswer | None) -> None:
    assert answer is None
    raise ConflictError(reason="position_archived", message="Not now.")
