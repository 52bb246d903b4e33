-- Until when the dividends and splits of a position are known; it is asked again after that.
ALTER TABLE position ADD COLUMN actions_known_at TIMESTAMPTZ;

CREATE TABLE corporate_action (
    position_id UUID NOT NULL REFERENCES position (id),
    sequence BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('dividend', 'split')),
    ex_date DATE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('booked', 'overdue', 'settled', 'quarantined')),
    per_share BIGINT CHECK (per_share >= 1),
    numerator BIGINT CHECK (numerator >= 1),
    denominator BIGINT CHECK (denominator >= 1),
    previous_close BIGINT CHECK (previous_close >= 1),
    entitled BIGINT NOT NULL CHECK (entitled >= 0),
    gross BIGINT NOT NULL CHECK (gross >= 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    net BIGINT NOT NULL CHECK (net >= 0),
    due_on DATE,
    paid_on DATE,
    source TEXT NOT NULL CHECK (char_length(source) BETWEEN 1 AND 200),
    learned_at TIMESTAMPTZ NOT NULL,
    note TEXT,
    differs TEXT,
    CONSTRAINT corporate_action_adds_up_check CHECK (gross = tax + net),
    CONSTRAINT corporate_action_amount_check
        CHECK ((kind = 'dividend') = (per_share IS NOT NULL)),
    CONSTRAINT corporate_action_ratio_check CHECK (
        num_nonnulls(numerator, denominator) = CASE kind WHEN 'split' THEN 2 ELSE 0 END),
    CONSTRAINT corporate_action_split_pays_nothing_check CHECK (kind <> 'split' OR gross = 0),
    CONSTRAINT corporate_action_quarantined_for_a_reason_check
        CHECK ((state = 'quarantined') = (note IS NOT NULL)),
    CONSTRAINT corporate_action_quarantined_is_not_booked_check
        CHECK (state <> 'quarantined' OR gross = 0),
    CONSTRAINT corporate_action_booked_is_due_check
        CHECK (state NOT IN ('booked', 'overdue') OR due_on >= ex_date),
    CONSTRAINT corporate_action_overdue_is_a_dividend_check
        CHECK (state <> 'overdue' OR kind = 'dividend'),
    CONSTRAINT corporate_action_paid_when_settled_check
        CHECK (paid_on IS NULL OR state = 'settled'),
    PRIMARY KEY (position_id, kind, ex_date)
);

-- Cash that moved at a broker without a trade, once each by the broker's id. What belongs to no
-- position is kept too.
CREATE TABLE broker_movement (
    broker TEXT NOT NULL CHECK (broker IN ('alpaca-paper', 'alpaca-live')),
    id TEXT NOT NULL CHECK (char_length(id) BETWEEN 1 AND 200),
    kind TEXT NOT NULL CHECK (kind IN ('dividend', 'tax', 'fee')),
    symbol TEXT,
    amount BIGINT NOT NULL,
    "on" DATE NOT NULL,
    read_at TIMESTAMPTZ NOT NULL,
    position_id UUID REFERENCES position (id),
    PRIMARY KEY (broker, id)
);
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON broker_movement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_kind_check,
    ADD CONSTRAINT ledger_entry_kind_check CHECK (kind IN (
        'opening', 'deposit', 'withdrawal', 'buy', 'sell', 'commission', 'bust', 'adopted',
        'dividend', 'dividend_paid', 'dividend_difference', 'split', 'split_remainder', 'fee')),
    ADD CONSTRAINT ledger_entry_dividend_check
        CHECK (kind <> 'dividend' OR receivable > 0 AND cash = 0 AND shares = 0),
    ADD CONSTRAINT ledger_entry_dividend_paid_check
        CHECK (kind <> 'dividend_paid' OR cash > 0 AND receivable = -cash AND shares = 0),
    ADD CONSTRAINT ledger_entry_dividend_difference_check CHECK (
        kind <> 'dividend_difference'
        OR cash <> 0 AND shares = 0 AND receivable = 0 AND reason IS NOT NULL),
    ADD CONSTRAINT ledger_entry_split_check
        CHECK (kind <> 'split' OR shares <> 0 AND cash = 0 AND receivable = 0),
    ADD CONSTRAINT ledger_entry_split_remainder_check
        CHECK (kind <> 'split_remainder' OR cash > 0 AND shares = 0 AND receivable = 0),
    ADD CONSTRAINT ledger_entry_fee_check
        CHECK (kind <> 'fee' OR cash <> 0 AND shares = 0 AND receivable = 0);
-- An action and a payment is entered once, whatever the rows above say.
CREATE UNIQUE INDEX ledger_entry_once_an_action_idx ON ledger_entry (position_id, kind, reference)
    WHERE kind IN ('dividend', 'dividend_paid', 'split', 'split_remainder', 'fee');

ALTER TABLE audit_event
    DROP CONSTRAINT audit_event_kind_check,
    ADD CONSTRAINT audit_event_kind_check CHECK (kind IN (
        'opened', 'renamed', 'strategy_changed', 'started', 'paused', 'halted', 'halt_resolved',
        'archived', 'protections_changed', 'protection_reset', 'cash_moved', 'anchor_set',
        'decided', 'filled', 'order_changed', 'busted', 'adopted',
        'dividend_booked', 'dividend_paid', 'dividend_overdue', 'dividend_unexpected',
        'dividend_corrected', 'split_booked', 'split_settled', 'action_quarantined',
        'action_learned_late', 'action_differs', 'fee_booked'));

-- At commit: what is owed to a position is what its unpaid dividends brought.
CREATE FUNCTION agree_with_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owed bigint;
    held bigint;
BEGIN
    SELECT receivable INTO held FROM position WHERE id = NEW.position_id;
    SELECT coalesce(sum(net), 0) INTO owed FROM corporate_action
        WHERE position_id = NEW.position_id AND state IN ('booked', 'overdue');
    IF held IS DISTINCT FROM owed THEN
        RAISE EXCEPTION 'Position %: receivable % is not the % of its unpaid dividends.',
            NEW.position_id, held, owed
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER agree AFTER INSERT OR UPDATE ON corporate_action
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agree_with_receivable();

-- Of a booked action only its payment changes, and what is announced instead; one that was kept
-- apart may still be booked; none goes away.
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE OR UPDATE OF position_id, sequence, kind, ex_date
    ON corporate_action
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep_booked BEFORE UPDATE ON corporate_action FOR EACH ROW
    WHEN (OLD.state <> 'quarantined' AND (
        NEW.state = 'quarantined'
        OR (OLD.per_share, OLD.numerator, OLD.denominator, OLD.previous_close, OLD.entitled,
            OLD.gross, OLD.tax, OLD.net, OLD.due_on, OLD.source, OLD.learned_at)
        IS DISTINCT FROM
           (NEW.per_share, NEW.numerator, NEW.denominator, NEW.previous_close, NEW.entitled,
            NEW.gross, NEW.tax, NEW.net, NEW.due_on, NEW.source, NEW.learned_at)))
    EXECUTE FUNCTION refuse_change();
