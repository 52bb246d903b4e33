"""Answers kept under idempotency keys."""

from sqlalchemy import Connection

from app.adapters.postgres.transaction import Transaction
from app.domain.book import StoredAnswer
from app.domain.errors import ConflictError, FieldError, InvalidInputError

_CLAIM = "SELECT pg_try_advisory_xact_lock(hashtextextended(%(key)s, 0)) AS claimed"
_FIND = "SELECT digest, status, body FROM request WHERE key = %(key)s"
_KEEP = """
INSERT INTO request (key, digest, status, body)
VALUES (%(key)s, %(digest)s, %(status)s, %(body)s)
"""
_COMPLETE = """
UPDATE request SET status = %(status)s, body = %(body)s, answered_at = now()
WHERE key = %(key)s AND status = 102
"""


class Requests(Transaction):
    """The rows of `request`; a key is claimed by a lock that ends with the transaction."""

    def __init__(self, *, connection: Connection) -> None:
        super().__init__(connection=connection)
        self._claimed: dict[str, str] = {}

    def begin_request(self, *, key: str, digest: str) -> StoredAnswer | None:
        """Claim an idempotency key in this transaction, or return the answer it already has.

        Raises
        ------
        ConflictError
            When the same key is still running elsewhere (reason `request_in_progress`).
        InvalidInputError
            When the key was used with another body.
        """
        claim = self._row(_CLAIM, {"key": key})
        if claim is None or not claim.claimed:
            raise ConflictError(
                reason="request_in_progress",
                message="The first request with this Idempotency-Key is still running. "
                "Repeat it in a moment to get its answer.",
            )
        # A statement of its own, so that it sees what the last holder of the lock committed.
        kept = self._row(_FIND, {"key": key})
        if kept is None:
            self._claimed[key] = digest
            return None
        if kept.digest != digest:
            raise InvalidInputError(
                FieldError(
                    field="Idempotency-Key",
                    message="was used for another request before",
                    allowed="a new key for a new request; the same key only to repeat one",
                )
            )
        return StoredAnswer(status=kept.status, body=kept.body)

    def finish_request(self, *, key: str, answer: StoredAnswer) -> None:
        """Store the answer under the claimed key."""
        digest = self._claimed.pop(key)
        kept = {"key": key, "digest": digest, "status": answer.status, "body": answer.body}
        self._run(_KEEP, kept)

    def complete_request(self, *, key: str, answer: StoredAnswer) -> None:
        """Store the answer in place of the note of an effect that goes on after its commit."""
        given = {"key": key, "status": answer.status, "body": answer.body}
        # Another process may have completed it with the same outcome.
        self._connection.exec_driver_sql(_COMPLETE, given)
