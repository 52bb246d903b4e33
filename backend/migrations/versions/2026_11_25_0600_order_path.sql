-- What is known of an order on its way to a broker and back.
ALTER TABLE position_order
    ADD COLUMN filled BIGINT NOT NULL DEFAULT 0 CHECK (filled >= 0),
    ADD COLUMN extended BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN sent_at TIMESTAMPTZ,
    ADD COLUMN broker_order_id TEXT UNIQUE,
    ADD COLUMN misses BIGINT NOT NULL DEFAULT 0 CHECK (misses >= 0),
    ADD COLUMN missed_at TIMESTAMPTZ,
    ADD COLUMN cancel_asked_at TIMESTAMPTZ,
    ADD COLUMN ended TEXT,
    ADD COLUMN note TEXT;

-- Until now every order was one on paper, filled whole at once.
UPDATE position_order AS o SET
    filled = coalesce((SELECT sum(quantity) FROM trade WHERE order_id = o.id), 0),
    ended = CASE WHEN state = 'done' THEN 'filled' END;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

ALTER TABLE position_order
    ALTER COLUMN filled DROP DEFAULT,
    ALTER COLUMN extended DROP DEFAULT,
    ALTER COLUMN misses DROP DEFAULT,
    ADD CONSTRAINT position_order_ended_check CHECK (
        ended IN ('filled', 'canceled', 'expired', 'refused', 'risk', 'missing')),
    ADD CONSTRAINT position_order_ends_for_a_reason_check
        CHECK ((state IN ('new', 'open', 'unknown')) = (ended IS NULL)),
    ADD CONSTRAINT position_order_not_overfilled_check CHECK (filled <= quantity),
    ADD CONSTRAINT position_order_open_at_a_broker_check
        CHECK (state <> 'open' OR broker_order_id IS NOT NULL),
    ADD CONSTRAINT position_order_missed_check CHECK ((misses = 0) = (missed_at IS NULL));

-- A trade that somebody made at the broker without us, and one that takes back another.
ALTER TABLE trade
    ALTER COLUMN order_id DROP NOT NULL,
    ALTER COLUMN decision_number DROP NOT NULL,
    ALTER COLUMN reason DROP NOT NULL,
    ADD COLUMN busts TEXT UNIQUE,
    ADD CONSTRAINT trade_of_an_order_check CHECK (
        num_nonnulls(order_id, decision_number, reason) IN (0, 3));

-- No foreign key: it would lock the other trade, and nobody has the right to change one.
CREATE FUNCTION refuse_strange_bust() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM trade WHERE fill_id = NEW.busts AND position_id = NEW.position_id
            AND quantity = NEW.quantity AND price = NEW.price AND side <> NEW.side
            AND busts IS NULL)
    THEN
        RAISE EXCEPTION 'Position %: fill % takes back nothing that was booked.',
            NEW.position_id, NEW.fill_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bust BEFORE INSERT ON trade
    FOR EACH ROW WHEN (NEW.busts IS NOT NULL) EXECUTE FUNCTION refuse_strange_bust();

ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_kind_check,
    ADD CONSTRAINT ledger_entry_kind_check CHECK (kind IN (
        'opening', 'deposit', 'withdrawal', 'buy', 'sell', 'commission', 'bust', 'adopted')),
    ADD CONSTRAINT ledger_entry_bust_check
        CHECK (kind <> 'bust' OR shares <> 0 AND receivable = 0),
    ADD CONSTRAINT ledger_entry_adopted_check
        CHECK (kind <> 'adopted' OR shares <> 0 AND cash = 0 AND receivable = 0);

ALTER TABLE audit_event
    DROP CONSTRAINT audit_event_kind_check,
    ADD CONSTRAINT audit_event_kind_check CHECK (kind IN (
        'opened', 'renamed', 'strategy_changed', 'started', 'paused', 'halted', 'halt_resolved',
        'archived', 'cash_moved', 'anchor_set', 'decided', 'filled', 'order_changed', 'busted',
        'adopted'));

-- The account that a position belongs to, and what it held besides when the position was opened.
ALTER TABLE position
    ADD COLUMN account_id TEXT,
    ADD COLUMN shares_beside BIGINT NOT NULL DEFAULT 0 CHECK (shares_beside >= 0);
ALTER TABLE position
    ALTER COLUMN shares_beside DROP DEFAULT,
    ADD CONSTRAINT position_account_of_a_broker_check
        CHECK ((broker = 'paper') = (account_id IS NULL));
CREATE UNIQUE INDEX position_one_a_symbol_with_real_money_idx ON position (account_id, symbol)
    WHERE broker = 'alpaca-live' AND archived_at IS NULL;

-- One row: who trades, for how many changes of hands, and when it last said so. The holder also
-- holds an advisory lock on the connection `backend`; both end with its process.
CREATE TABLE trading_lease (
    id BOOLEAN PRIMARY KEY DEFAULT true CHECK (id),
    epoch BIGINT NOT NULL CHECK (epoch >= 0),
    holder TEXT,
    backend BIGINT,
    beat_at TIMESTAMPTZ
);
INSERT INTO trading_lease (epoch) VALUES (0);
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE ON trading_lease
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The accounts that positions were opened at, and until when their fills were read.
CREATE TABLE broker_account (
    broker TEXT PRIMARY KEY CHECK (broker IN ('alpaca-paper', 'alpaca-live')),
    account_id TEXT NOT NULL CHECK (char_length(account_id) BETWEEN 1 AND 200),
    armed BOOLEAN NOT NULL,
    fills_since TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE OR UPDATE OF broker, account_id ON broker_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE switch_event
    DROP CONSTRAINT switch_event_kind_check,
    ADD CONSTRAINT switch_event_kind_check
        CHECK (kind IN ('halted', 'resumed', 'armed', 'disarmed'));
