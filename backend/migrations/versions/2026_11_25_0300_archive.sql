-- A revision of a dataset names the one before it.
ALTER TABLE dataset
    ADD COLUMN parent_id TEXT REFERENCES dataset,
    ADD CONSTRAINT dataset_parent_check CHECK (parent_id <> id);

-- A job that makes a dataset from the provider.
CREATE TABLE dataset_fetch (
    id UUID PRIMARY KEY,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    symbol TEXT NOT NULL CHECK (char_length(symbol) BETWEEN 1 AND 200),
    resolution TEXT NOT NULL CHECK (resolution IN ('1m', '5m', '15m', '30m', '1h', '1d')),
    adjustment TEXT NOT NULL CHECK (adjustment IN ('raw', 'split')),
    first_date DATE NOT NULL,
    last_date DATE NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    done BIGINT NOT NULL CHECK (done >= 0),
    total BIGINT NOT NULL,
    error TEXT,
    dataset_id TEXT REFERENCES dataset,
    created_at TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    CONSTRAINT dataset_fetch_dates_check CHECK (first_date <= last_date),
    CONSTRAINT dataset_fetch_progress_check CHECK (done <= total),
    CONSTRAINT dataset_fetch_completed_with_a_dataset_check
        CHECK ((status = 'completed') = (dataset_id IS NOT NULL)),
    CONSTRAINT dataset_fetch_failed_with_an_error_check
        CHECK (status <> 'failed' OR error IS NOT NULL),
    CONSTRAINT dataset_fetch_finished_check
        CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL))
);

-- Every reading of a session that differs from those before it, as traded. Columns as in dataset.
CREATE TABLE archived_session (
    symbol TEXT NOT NULL CHECK (char_length(symbol) BETWEEN 1 AND 200),
    resolution TEXT NOT NULL CHECK (resolution IN ('1m', '5m', '15m', '30m', '1h', '1d')),
    session DATE NOT NULL,
    digest TEXT NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    source TEXT NOT NULL CHECK (char_length(source) BETWEEN 1 AND 200),
    received_at TIMESTAMPTZ NOT NULL,
    reads BIGINT NOT NULL CHECK (reads >= 1),
    bars BIGINT NOT NULL CHECK (bars >= 1),
    bar_starts BYTEA NOT NULL,
    bar_ends BYTEA NOT NULL,
    bar_sessions BYTEA NOT NULL,
    bar_opens BYTEA NOT NULL,
    bar_highs BYTEA NOT NULL,
    bar_lows BYTEA NOT NULL,
    bar_closes BYTEA NOT NULL,
    bar_volumes BYTEA NOT NULL,
    PRIMARY KEY (symbol, resolution, session, digest),
    CONSTRAINT archived_session_columns_are_full_check
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

-- How the last daily harvest of a symbol went.
CREATE TABLE harvest (
    symbol TEXT NOT NULL CHECK (char_length(symbol) BETWEEN 1 AND 200),
    resolution TEXT NOT NULL CHECK (resolution IN ('1m', '5m', '15m', '30m', '1h', '1d')),
    attempted_at TIMESTAMPTZ NOT NULL,
    succeeded_at TIMESTAMPTZ,
    first_session DATE,
    last_session DATE,
    error TEXT,
    PRIMARY KEY (symbol, resolution),
    CONSTRAINT harvest_period_check CHECK (first_session <= last_session),
    CONSTRAINT harvest_succeeded_check CHECK (succeeded_at <= attempted_at)
);
