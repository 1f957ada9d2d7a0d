-- What was given. Amounts are minor units, instants milliseconds since 1970-01-01T00:00Z. The SQLite ledger has the same tables.
-- `entry` and `seal` are only ever added to; the rest can be worked out from `entry` and `leg`, and `verify` does.

CREATE SCHEMA empower;

-- One row: which ledger this is, and which of the numbered files it has been through. The hash of every entry is made with its identity.
CREATE TABLE empower.ledger (
    one integer PRIMARY KEY CHECK (one = 1),
    identity text NOT NULL,
    version integer NOT NULL
);

-- The history: every attempt, and every event of a hold. It is told in the order of (at, sequence): a hold is marked as expired at the
-- instant of its expiry, also if that is done later. Sequences have gaps, for a transaction that is given up takes its own along.
CREATE TABLE empower.entry (
    sequence bigint PRIMARY KEY,
    at bigint NOT NULL,
    key text NOT NULL,
    event text NOT NULL CHECK (event IN ('allowed', 'refused', 'noted', 'confirmed', 'voided', 'reversed', 'expired')),
    amount bigint,
    because text NOT NULL,
    subjects text NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    wish text,                      -- of an attempt: the wish as it was asked
    record text                     -- of an attempt: enough to decide it again
);

CREATE SEQUENCE empower.entry_sequence AS bigint OWNED BY empower.entry.sequence;
CREATE INDEX entry_in_order ON empower.entry (at, sequence);

-- The chain: each seal covers the entries after the one before it, once no transaction is left that could still add one of them.
CREATE TABLE empower.seal (
    number bigint PRIMARY KEY,
    until_sequence bigint NOT NULL, -- no entry up to here will ever be added
    sequences bigint[] NOT NULL,    -- the entries that it covers
    hashes bytea NOT NULL,          -- their hashes, 32 bytes each
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

-- At most one row: how far the next seal will reach, once every transaction below `horizon` has ended.
CREATE TABLE empower.sealing (
    one integer PRIMARY KEY CHECK (one = 1),
    until_sequence bigint NOT NULL,
    horizon xid8 NOT NULL
);

-- What a key names: the latest attempt, or the allow if there was one.
CREATE TABLE empower.wish (
    key text PRIMARY KEY,
    sequence bigint NOT NULL,
    allowed boolean NOT NULL
);

-- What an allow holds, a row for each part of the wish.
CREATE TABLE empower.hold (
    key text PRIMARY KEY,
    sequence bigint NOT NULL,       -- the entry of the allow
    part integer NOT NULL CHECK (part >= 1),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    expires_at bigint,
    state text NOT NULL CHECK (state IN ('held', 'confirmed', 'voided', 'reversed', 'expired')),
    confirmed bigint NOT NULL CHECK (confirmed BETWEEN 0 AND reserved),
    taken_back bigint NOT NULL CHECK (taken_back BETWEEN 0 AND confirmed)
);

CREATE INDEX hold_unsettled ON empower.hold (sequence, part) WHERE state = 'held';
CREATE INDEX hold_due ON empower.hold (expires_at) WHERE state = 'held' AND expires_at IS NOT NULL;

-- Running sums. A calendar period is a row of its own and is never reset; a counter of any other window is one row.
CREATE TABLE empower.counter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity text NOT NULL,         -- pack, budget, keys, window, its length, zone, currency, as JSON
    starts_at bigint NOT NULL,      -- of the calendar period; the least integer where there is none
    ends_at bigint,
    amount bigint NOT NULL CHECK (amount >= 0),
    times bigint NOT NULL CHECK (times >= 0),
    moved_to bigint,                -- of a rolling window: legs that leave by this instant are no longer in the sums
    frees_from bigint,              -- of a rolling window: no leg that still draws anything leaves it before this instant
    UNIQUE (identity, starts_at)
) WITH (fillfactor = 50);

-- What an allow draws from the counters, and the limit in force for it: the second line of defence is in these checks.
CREATE TABLE empower.leg (
    sequence bigint NOT NULL,
    number integer NOT NULL,
    part integer NOT NULL,
    counter bigint NOT NULL,
    leaves_at bigint,               -- of a rolling window: the instant at which it leaves
    amount bigint NOT NULL CHECK (amount >= 0),
    times bigint NOT NULL CHECK (times >= 0),
    limit_amount bigint,
    limit_times bigint,
    enforced boolean NOT NULL,
    after_amount bigint NOT NULL CHECK (after_amount >= amount),
    after_times bigint NOT NULL CHECK (after_times >= times),
    amount_left bigint NOT NULL CHECK (amount_left BETWEEN 0 AND amount),
    times_left bigint NOT NULL CHECK (times_left BETWEEN 0 AND times),
    PRIMARY KEY (sequence, number),
    CONSTRAINT never_exceeded_by_amount CHECK (NOT enforced OR limit_amount IS NULL OR after_amount <= limit_amount),
    CONSTRAINT never_exceeded_by_times CHECK (NOT enforced OR limit_times IS NULL OR after_times <= limit_times)
);

CREATE INDEX leg_leaving ON empower.leg (counter, leaves_at) WHERE leaves_at IS NOT NULL AND (amount_left > 0 OR times_left > 0);

-- The packs that decisions were made under, so that they can be decided again.
CREATE TABLE empower.pack (
    digest text PRIMARY KEY,
    content text NOT NULL
);

CREATE FUNCTION empower.never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what stands in empower.% is never changed and never dropped', TG_TABLE_NAME;
END $$;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE ON empower.entry FOR EACH ROW EXECUTE FUNCTION empower.never();
CREATE TRIGGER entry_is_never_dropped BEFORE TRUNCATE ON empower.entry FOR EACH STATEMENT EXECUTE FUNCTION empower.never();
CREATE TRIGGER seal_is_never_changed BEFORE UPDATE OR DELETE ON empower.seal FOR EACH ROW EXECUTE FUNCTION empower.never();
CREATE TRIGGER seal_is_never_dropped BEFORE TRUNCATE ON empower.seal FOR EACH STATEMENT EXECUTE FUNCTION empower.never();

INSERT INTO empower.ledger (one, identity, version) VALUES (1, replace(gen_random_uuid()::text, '-', ''), 0);
