CREATE TABLE switch_event (
    number BIGINT PRIMARY KEY CHECK (number >= 1),
    at TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('halted', 'resumed')),
    body TEXT NOT NULL CHECK (body IS JSON OBJECT),
    previous TEXT NOT NULL CHECK (previous ~ '^[0-9a-f]{64}$'),
    hash TEXT NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$')
);

CREATE FUNCTION follow_switch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
    link text := NEW.previous || E'\n' || NEW.kind || E'\n' || NEW.body || E'\n';
BEGIN
    SELECT number, hash INTO last FROM switch_event ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1
        OR NEW.previous <> coalesce(last.hash, repeat('0', 64))
        OR NEW.hash <> encode(sha256(convert_to(link, 'UTF8')), 'hex')
    THEN
        RAISE EXCEPTION 'Event % of the kill switch does not follow the one before.', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER follow BEFORE INSERT ON switch_event
    FOR EACH ROW EXECUTE FUNCTION follow_switch();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON switch_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON switch_event FROM PUBLIC, CURRENT_USER;

-- At commit: an order is made only while trading goes on. A decision that read the switch before
-- it was set, and was slow since, ends here. The lock is shared by the orders and taken alone by
-- whoever flips the switch, so that no order is committed once the flip is; it is fair, so that
-- many orders do not keep the flip waiting. Two keys are another space than the one of the
-- idempotency keys. The row is read by a statement after the lock, which sees the newest one.
CREATE FUNCTION refuse_order_while_halted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5, 1);
    IF (SELECT halted FROM robot) THEN
        RAISE EXCEPTION 'Trading is stopped: order % is not made.', NEW.id USING ERRCODE = 'VB001';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER switch AFTER INSERT ON position_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_order_while_halted();
