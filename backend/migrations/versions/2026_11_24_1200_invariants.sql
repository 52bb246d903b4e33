-- What a book must always be, checked by the database itself: numbers without gaps, a ledger that
-- adds up to the position, a chain of audit events, and facts that nobody changes.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % was refused: its rows are facts, added once and kept as they are.',
        TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION refuse_gap(name text, position_id uuid, number bigint, last bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF number IS DISTINCT FROM coalesce(last, 0) + 1 THEN
        RAISE EXCEPTION 'Position %: % % does not follow number %.',
            position_id, name, number, coalesce(last, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$;

CREATE FUNCTION follow_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_gap('strategy version', NEW.position_id, NEW.version, (
        SELECT max(version) FROM strategy_version WHERE position_id = NEW.position_id));
    RETURN NEW;
END $$;

CREATE FUNCTION follow_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_gap('decision', NEW.position_id, NEW.number, (
        SELECT max(number) FROM decision WHERE position_id = NEW.position_id));
    RETURN NEW;
END $$;

CREATE FUNCTION follow_trade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_gap('trade', NEW.position_id, NEW.number, (
        SELECT max(number) FROM trade WHERE position_id = NEW.position_id));
    RETURN NEW;
END $$;

CREATE FUNCTION follow_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT number, cash_after, shares_after, receivable_after INTO last
        FROM ledger_entry WHERE position_id = NEW.position_id ORDER BY number DESC LIMIT 1;
    PERFORM refuse_gap('ledger entry', NEW.position_id, NEW.number, last.number);
    IF NEW.cash_after <> coalesce(last.cash_after, 0) + NEW.cash
        OR NEW.shares_after <> coalesce(last.shares_after, 0) + NEW.shares
        OR NEW.receivable_after <> coalesce(last.receivable_after, 0) + NEW.receivable
    THEN
        RAISE EXCEPTION 'Position %: ledger entry % does not add up to what the one before left.',
            NEW.position_id, NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION follow_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
    link text := NEW.previous || E'\n' || NEW.kind || E'\n' || NEW.body || E'\n';
BEGIN
    SELECT number, hash INTO last
        FROM audit_event WHERE position_id = NEW.position_id ORDER BY number DESC LIMIT 1;
    PERFORM refuse_gap('audit event', NEW.position_id, NEW.number, last.number);
    IF NEW.previous <> coalesce(last.hash, repeat('0', 64)) THEN
        RAISE EXCEPTION 'Position %: audit event % does not name the hash of the one before.',
            NEW.position_id, NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.hash <> encode(sha256(convert_to(link, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'Position %: the hash of audit event % is not that of its content.',
            NEW.position_id, NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- At commit: the position says what its lists end with.
CREATE FUNCTION agree_with_lists() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    book record;
    ledger record;
    chain record;
BEGIN
    SELECT * INTO book FROM position WHERE id = NEW.id;
    SELECT number, cash_after, shares_after, receivable_after INTO ledger
        FROM ledger_entry WHERE position_id = NEW.id ORDER BY number DESC LIMIT 1;
    SELECT number, hash INTO chain
        FROM audit_event WHERE position_id = NEW.id ORDER BY number DESC LIMIT 1;
    IF book.cash <> coalesce(ledger.cash_after, 0)
        OR book.shares <> coalesce(ledger.shares_after, 0)
        OR book.receivable <> coalesce(ledger.receivable_after, 0)
    THEN
        RAISE EXCEPTION 'Position %: cash %, shares %, receivable % are not the ledger''s %, %, %.',
            NEW.id, book.cash, book.shares, book.receivable,
            coalesce(ledger.cash_after, 0), coalesce(ledger.shares_after, 0),
            coalesce(ledger.receivable_after, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF book.ledger_entries <> coalesce(ledger.number, 0)
        OR book.events <> coalesce(chain.number, 0)
        OR book.chain_head <> coalesce(chain.hash, repeat('0', 64))
        OR book.decisions <> (
            SELECT coalesce(max(number), 0) FROM decision WHERE position_id = NEW.id)
        OR book.trades <> (SELECT coalesce(max(number), 0) FROM trade WHERE position_id = NEW.id)
        OR book.strategy_version <> (
            SELECT max(version) FROM strategy_version WHERE position_id = NEW.id)
    THEN
        RAISE EXCEPTION 'Position %: its counters are not the ends of its lists.', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- At commit: what was added is counted by its position.
CREATE FUNCTION agree_with_position() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted boolean;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'strategy_version' THEN
            SELECT NEW.version <= strategy_version INTO counted
                FROM position WHERE id = NEW.position_id;
        WHEN 'decision' THEN
            SELECT NEW.number <= decisions INTO counted FROM position WHERE id = NEW.position_id;
        WHEN 'trade' THEN
            SELECT NEW.number <= trades INTO counted FROM position WHERE id = NEW.position_id;
        WHEN 'ledger_entry' THEN
            SELECT NEW.number <= ledger_entries INTO counted
                FROM position WHERE id = NEW.position_id;
        WHEN 'audit_event' THEN
            SELECT NEW.number <= events INTO counted FROM position WHERE id = NEW.position_id;
        WHEN 'position_order' THEN
            SELECT order_in_flight = EXISTS (
                SELECT FROM position_order
                WHERE position_id = NEW.position_id AND state IN ('new', 'open', 'unknown')
            ) INTO counted FROM position WHERE id = NEW.position_id;
    END CASE;
    IF counted IS NOT TRUE THEN
        RAISE EXCEPTION 'Position %: a % was stored, but the position does not say so.',
            NEW.position_id, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER follow BEFORE INSERT ON strategy_version
    FOR EACH ROW EXECUTE FUNCTION follow_version();
CREATE TRIGGER follow BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION follow_decision();
CREATE TRIGGER follow BEFORE INSERT ON trade FOR EACH ROW EXECUTE FUNCTION follow_trade();
CREATE TRIGGER follow BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION follow_ledger();
CREATE TRIGGER follow BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION follow_chain();

CREATE CONSTRAINT TRIGGER agree AFTER INSERT OR UPDATE ON position
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_lists();
CREATE CONSTRAINT TRIGGER agree AFTER INSERT ON strategy_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_position();
CREATE CONSTRAINT TRIGGER agree AFTER INSERT ON decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_position();
CREATE CONSTRAINT TRIGGER agree AFTER INSERT OR UPDATE ON position_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_position();
CREATE CONSTRAINT TRIGGER agree AFTER INSERT ON trade
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_position();
CREATE CONSTRAINT TRIGGER agree AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_position();
CREATE CONSTRAINT TRIGGER agree AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_position();

-- Append-only: for every role by trigger, and for the product's own role by its rights. An owner
-- could give them back to itself, which is what the hash chain is there to show.
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON trade
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON strategy_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON dataset
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON dataset_action
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit_event, ledger_entry, trade FROM PUBLIC, CURRENT_USER;

-- Of a decision only its repetitions change, of an order only its state, of a position never what
-- it is; none of them goes away, and neither does the kill switch.
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE OR UPDATE OF
    position_id, number, at, strategy_version, rules_version, outcome, before, after, observation,
    day ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE OR UPDATE OF
    id, position_id, decision_number, side, quantity, limit_price, reason, created_at
    ON position_order
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE OR UPDATE OF
    id, symbol, broker, created_at ON position
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE ON robot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
