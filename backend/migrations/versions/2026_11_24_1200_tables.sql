-- Money is in micros (0.000001 USD), shares in 0.000001 share, prices in ticks (0.0001 USD), all
-- exact whole numbers.

CREATE TABLE position (
    id UUID PRIMARY KEY,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    name TEXT NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    symbol TEXT NOT NULL CHECK (char_length(symbol) BETWEEN 1 AND 200),
    broker TEXT NOT NULL CHECK (broker IN ('paper', 'alpaca-paper', 'alpaca-live')),
    status TEXT NOT NULL CHECK (status IN ('paused', 'running', 'halted')),
    shares BIGINT NOT NULL CHECK (shares >= 0),
    cash BIGINT NOT NULL CHECK (cash >= 0),
    receivable BIGINT NOT NULL CHECK (receivable >= 0),
    anchor BIGINT CHECK (anchor >= 1),
    orders_today BIGINT NOT NULL CHECK (orders_today >= 0),
    orders_on DATE,
    last_price BIGINT CHECK (last_price >= 1),
    last_used_on DATE,
    last_observed_at TIMESTAMPTZ,
    last_order_done_at TIMESTAMPTZ,
    order_in_flight BOOLEAN NOT NULL,
    strategy_version BIGINT NOT NULL CHECK (strategy_version >= 1),
    opening_cash BIGINT NOT NULL CHECK (opening_cash >= 0),
    opening_shares BIGINT NOT NULL CHECK (opening_shares >= 0),
    opening_price BIGINT CHECK (opening_price >= 1),
    opening_fraction BIGINT CHECK (opening_fraction BETWEEN 0 AND 1000000),
    halt_reason TEXT,
    price_source TEXT,
    decisions BIGINT NOT NULL CHECK (decisions >= 0),
    trades BIGINT NOT NULL CHECK (trades >= 0),
    ledger_entries BIGINT NOT NULL CHECK (ledger_entries >= 0),
    events BIGINT NOT NULL CHECK (events >= 0),
    chain_head TEXT NOT NULL CHECK (chain_head ~ '^[0-9a-f]{64}$'),
    created_at TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    archived_at TIMESTAMPTZ,
    CONSTRAINT position_orders_counted_on_a_date_check
        CHECK (orders_today = 0 OR orders_on IS NOT NULL),
    CONSTRAINT position_last_price_has_its_date_check
        CHECK (num_nonnulls(last_price, last_used_on) <> 1),
    CONSTRAINT position_last_price_was_observed_check
        CHECK (last_price IS NULL OR last_observed_at IS NOT NULL),
    CONSTRAINT position_halted_for_a_reason_check
        CHECK ((status = 'halted') = (halt_reason IS NOT NULL)),
    CONSTRAINT position_running_was_started_check
        CHECK (status <> 'running' OR started_at IS NOT NULL),
    CONSTRAINT position_opening_value_is_split_once_check
        CHECK (opening_fraction IS NULL OR (opening_price IS NULL AND opening_shares = 0)),
    CONSTRAINT position_archived_is_at_rest_check
        CHECK (archived_at IS NULL OR (status <> 'running' AND NOT order_in_flight))
);

CREATE TABLE strategy_version (
    position_id UUID NOT NULL REFERENCES position,
    version BIGINT NOT NULL CHECK (version >= 1),
    body JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (position_id, version)
);

-- A position is created with version 1 of its strategy, in one transaction.
ALTER TABLE position
    ADD FOREIGN KEY (id, strategy_version) REFERENCES strategy_version (position_id, version)
        DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE decision (
    position_id UUID NOT NULL,
    number BIGINT NOT NULL CHECK (number >= 1),
    at TIMESTAMPTZ NOT NULL,
    strategy_version BIGINT NOT NULL,
    rules_version TEXT NOT NULL CHECK (char_length(rules_version) BETWEEN 1 AND 200),
    kind TEXT GENERATED ALWAYS AS ((outcome ->> 'kind'::text)) STORED NOT NULL
        CHECK (kind IN ('hold', 'refused', 'proposed')),
    reason TEXT GENERATED ALWAYS AS ((outcome ->> 'reason'::text)) STORED NOT NULL,
    outcome JSONB NOT NULL,
    before JSONB NOT NULL,
    after JSONB NOT NULL,
    observation JSONB NOT NULL,
    day JSONB NOT NULL,
    checks BIGINT NOT NULL CHECK (checks >= 1),
    last_at TIMESTAMPTZ NOT NULL,
    price_low BIGINT CHECK (price_low >= 1),
    price_high BIGINT CHECK (price_high >= 1),
    PRIMARY KEY (position_id, number),
    CONSTRAINT decision_price_range_check
        CHECK (num_nulls(price_low, price_high) <> 1 AND price_low <= price_high),
    CONSTRAINT decision_last_at_check CHECK (last_at >= at),
    FOREIGN KEY (position_id, strategy_version) REFERENCES strategy_version (position_id, version)
);

CREATE INDEX decision_position_id_kind_number_idx ON decision (position_id, kind, number);

CREATE TABLE position_order (
    id UUID PRIMARY KEY,
    position_id UUID NOT NULL,
    decision_number BIGINT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity BIGINT NOT NULL CHECK (quantity >= 1),
    limit_price BIGINT NOT NULL CHECK (limit_price >= 1),
    reason TEXT NOT NULL CHECK (reason IN ('trigger', 'drift')),
    state TEXT NOT NULL CHECK (state IN ('new', 'open', 'unknown', 'done', 'void', 'rejected')),
    created_at TIMESTAMPTZ NOT NULL,
    done_at TIMESTAMPTZ,
    CONSTRAINT position_order_live_until_done_check
        CHECK ((state IN ('new', 'open', 'unknown')) = (done_at IS NULL)),
    UNIQUE (position_id, decision_number),
    FOREIGN KEY (position_id, decision_number) REFERENCES decision (position_id, number)
);

-- At most one live order a position.
CREATE UNIQUE INDEX position_order_one_live_idx ON position_order (position_id)
    WHERE state IN ('new', 'open', 'unknown');

CREATE TABLE trade (
    position_id UUID NOT NULL,
    number BIGINT NOT NULL CHECK (number >= 1),
    fill_id TEXT NOT NULL UNIQUE,
    order_id UUID NOT NULL REFERENCES position_order,
    decision_number BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity BIGINT NOT NULL CHECK (quantity >= 1),
    price BIGINT NOT NULL CHECK (price >= 1),
    commission BIGINT NOT NULL CHECK (commission >= 0),
    reason TEXT NOT NULL CHECK (reason IN ('trigger', 'drift')),
    cash_after BIGINT NOT NULL CHECK (cash_after >= 0),
    shares_after BIGINT NOT NULL CHECK (shares_after >= 0),
    stock_share_after BIGINT NOT NULL CHECK (stock_share_after BETWEEN 0 AND 1000000),
    PRIMARY KEY (position_id, number),
    FOREIGN KEY (position_id, decision_number)
        REFERENCES position_order (position_id, decision_number)
);

CREATE TABLE ledger_entry (
    position_id UUID NOT NULL REFERENCES position,
    number BIGINT NOT NULL CHECK (number >= 1),
    at TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL
        CHECK (kind IN (
            'opening', 'deposit', 'withdrawal', 'buy', 'sell', 'commission'
        )),
    cash BIGINT NOT NULL,
    shares BIGINT NOT NULL,
    receivable BIGINT NOT NULL,
    cash_after BIGINT NOT NULL CHECK (cash_after >= 0),
    shares_after BIGINT NOT NULL CHECK (shares_after >= 0),
    receivable_after BIGINT NOT NULL CHECK (receivable_after >= 0),
    reference TEXT,
    reason TEXT,
    PRIMARY KEY (position_id, number),
    CONSTRAINT ledger_entry_opening_check
        CHECK (kind <> 'opening' OR shares >= 0 AND receivable = 0),
    CONSTRAINT ledger_entry_opening_value_is_split_check
        CHECK (kind <> 'opening' OR number = 1 OR cash <= 0),
    CONSTRAINT ledger_entry_buy_check
        CHECK (kind <> 'buy' OR shares > 0 AND cash < 0 AND receivable = 0),
    CONSTRAINT ledger_entry_sell_check
        CHECK (kind <> 'sell' OR shares < 0 AND cash >= 0 AND receivable = 0),
    CONSTRAINT ledger_entry_commission_check
        CHECK (kind <> 'commission' OR cash <= 0 AND shares = 0 AND receivable = 0),
    CONSTRAINT ledger_entry_deposit_check
        CHECK (kind <> 'deposit' OR cash > 0 AND shares = 0 AND receivable = 0),
    CONSTRAINT ledger_entry_withdrawal_check
        CHECK (kind <> 'withdrawal' OR cash < 0 AND shares = 0 AND receivable = 0)
);

CREATE TABLE audit_event (
    position_id UUID NOT NULL REFERENCES position,
    number BIGINT NOT NULL CHECK (number >= 1),
    at TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL
        CHECK (kind IN (
            'opened', 'renamed', 'strategy_changed', 'started', 'paused', 'halted',
            'halt_resolved', 'archived', 'cash_moved', 'anchor_set', 'decided', 'filled'
        )),
    body TEXT NOT NULL CHECK (body IS JSON OBJECT),
    previous TEXT NOT NULL CHECK (previous ~ '^[0-9a-f]{64}$'),
    hash TEXT NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (position_id, number)
);

-- One row: the kill switch.
CREATE TABLE robot (
    id BOOLEAN DEFAULT true PRIMARY KEY CHECK (id),
    halted BOOLEAN NOT NULL,
    reason TEXT,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT robot_halted_for_a_reason_check CHECK (NOT halted OR reason IS NOT NULL)
);

INSERT INTO robot (halted, changed_at) VALUES (false, now());

CREATE TABLE request (
    key TEXT PRIMARY KEY CHECK (char_length(key) BETWEEN 1 AND 255),
    digest TEXT NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    status SMALLINT NOT NULL CHECK (status BETWEEN 100 AND 599),
    body TEXT NOT NULL,
    answered_at TIMESTAMPTZ DEFAULT now() NOT NULL
);

CREATE TABLE dataset (
    id TEXT PRIMARY KEY,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    digest TEXT NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$') UNIQUE,
    symbol TEXT NOT NULL CHECK (char_length(symbol) BETWEEN 1 AND 200),
    resolution TEXT NOT NULL CHECK (resolution IN ('1m', '5m', '15m', '30m', '1h', '1d')),
    adjustment TEXT NOT NULL CHECK (adjustment IN ('raw', 'split')),
    first_session DATE NOT NULL,
    last_session DATE NOT NULL,
    bars BIGINT NOT NULL CHECK (bars >= 1),
    sessions BIGINT NOT NULL CHECK (sessions >= 1),
    dividends BIGINT NOT NULL CHECK (dividends >= 0),
    splits BIGINT NOT NULL CHECK (splits >= 0),
    provenance JSONB NOT NULL,
    findings JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- One int64 a bar, little-endian, oldest first.
    bar_starts BYTEA NOT NULL,
    bar_ends BYTEA NOT NULL,
    bar_sessions BYTEA NOT NULL,
    bar_opens BYTEA NOT NULL,
    bar_highs BYTEA NOT NULL,
    bar_lows BYTEA NOT NULL,
    bar_closes BYTEA NOT NULL,
    bar_volumes BYTEA NOT NULL,
    CONSTRAINT dataset_id_check CHECK (id = left(digest, 16)),
    CONSTRAINT dataset_period_check CHECK (first_session <= last_session),
    CONSTRAINT dataset_columns_are_full_check
        CHECK (
            octet_length(bar_starts) = 8 * bars
            AND octet_length(bar_ends) = 8 * bars
            AND octet_length(bar_sessions) = 8 * bars
            AND octet_length(bar_opens) = 8 * bars
            AND octet_length(bar_highs) = 8 * bars
            AND octet_length(bar_lows) = 8 * bars
            AND octet_length(bar_closes) = 8 * bars
            AND octet_length(bar_volumes) = 8 * bars
        )
);

CREATE INDEX dataset_symbol_sequence_idx ON dataset (symbol, sequence);

CREATE TABLE dataset_action (
    dataset_id TEXT NOT NULL REFERENCES dataset,
    symbol TEXT NOT NULL CHECK (char_length(symbol) BETWEEN 1 AND 200),
    kind TEXT NOT NULL CHECK (kind IN ('dividend', 'split')),
    ex_date DATE NOT NULL,
    per_share BIGINT CHECK (per_share >= 1),
    pay_date DATE,
    numerator BIGINT CHECK (numerator >= 1),
    denominator BIGINT CHECK (denominator >= 1),
    PRIMARY KEY (dataset_id, symbol, kind, ex_date),
    CONSTRAINT dataset_action_pay_date_check CHECK (pay_date >= ex_date),
    CONSTRAINT dataset_action_dividend_check CHECK ((kind = 'dividend') = (per_share IS NOT NULL)),
    CONSTRAINT dataset_action_paid_check CHECK (kind = 'dividend' OR pay_date IS NULL),
    CONSTRAINT dataset_action_split_check
        CHECK (num_nonnulls(numerator, denominator) = CASE kind WHEN 'split' THEN 2 ELSE 0 END)
);

CREATE TABLE simulation_run (
    id UUID PRIMARY KEY,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    dataset_id TEXT NOT NULL REFERENCES dataset,
    status TEXT NOT NULL
        CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    done BIGINT NOT NULL CHECK (done >= 0),
    total BIGINT NOT NULL,
    request JSONB NOT NULL,
    result JSONB,
    error TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    CONSTRAINT simulation_run_progress_check CHECK (done <= total),
    CONSTRAINT simulation_run_completed_with_a_result_check
        CHECK ((status = 'completed') = (result IS NOT NULL)),
    CONSTRAINT simulation_run_failed_with_an_error_check
        CHECK (status <> 'failed' OR error IS NOT NULL),
    CONSTRAINT simulation_run_finished_check
        CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL))
);

CREATE TABLE simulation_series (
    run_id UUID NOT NULL REFERENCES simulation_run ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name IN ('equity', 'trades', 'decisions', 'holding')),
    -- A zlib-compressed JSON list, oldest first.
    items BYTEA NOT NULL,
    PRIMARY KEY (run_id, name)
);
