-- What was given. Amounts are minor units, instants milliseconds since 1970-01-01T00:00Z. The PostgreSQL ledger has the same tables.
-- `entry` is only ever added to; the rest can be worked out from it and from `leg`, and `verify` does.

-- One row: which ledger this is. The chain of entries starts from its identity.
CREATE TABLE ledger (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    identity TEXT NOT NULL
) STRICT;

-- At most one row: the clock that was believed last, beside the time since the machine started.
CREATE TABLE clock (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    boot TEXT NOT NULL,             -- which start of the machine; empty where it cannot be told
    ahead_ms INTEGER NOT NULL,      -- wall clock less time since that start
    seen_at INTEGER NOT NULL        -- wall clock when last looked at
) STRICT;

-- The history: every attempt, and every event of a hold.
CREATE TABLE entry (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    key TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('allowed', 'refused', 'noted', 'confirmed', 'voided', 'reversed', 'expired')),
    amount INTEGER,
    because TEXT NOT NULL,
    subjects TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    wish TEXT,                      -- of an attempt: the wish as it was asked
    record TEXT                     -- of an attempt: enough to decide it again
) STRICT;

-- What a key names: the latest attempt, or the allow if there was one.
CREATE TABLE wish (
    key TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL,
    allowed INTEGER NOT NULL CHECK (allowed IN (0, 1))
) WITHOUT ROWID, STRICT;

-- What an allow holds, a row for each part of the wish.
CREATE TABLE hold (
    key TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL,      -- the entry of the allow
    part INTEGER NOT NULL CHECK (part >= 1),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    expires_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'voided', 'reversed', 'expired')),
    confirmed INTEGER NOT NULL CHECK (confirmed BETWEEN 0 AND reserved),
    taken_back INTEGER NOT NULL CHECK (taken_back BETWEEN 0 AND confirmed)
) WITHOUT ROWID, STRICT;

CREATE INDEX hold_unsettled ON hold (sequence, part) WHERE state = 'held';
CREATE INDEX hold_due ON hold (expires_at) WHERE state = 'held' AND expires_at IS NOT NULL;

-- Running sums. A calendar period is a row of its own and is never reset; a counter of any other window is one row.
CREATE TABLE counter (
    id INTEGER NOT NULL PRIMARY KEY,
    identity TEXT NOT NULL,         -- pack, budget, keys, window, its length, zone, currency, as JSON
    starts_at INTEGER NOT NULL,     -- of the calendar period; the least integer where there is none
    ends_at INTEGER,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    times INTEGER NOT NULL CHECK (times >= 0),
    moved_to INTEGER,               -- of a rolling window: legs that leave by this instant are no longer in the sums
    frees_from INTEGER,             -- of a rolling window: no leg that still draws anything leaves it before this instant
    UNIQUE (identity, starts_at)
) STRICT;

-- What an allow draws from the counters, and the limit in force for it: the second line of defence is in these checks.
CREATE TABLE leg (
    sequence INTEGER NOT NULL,
    number INTEGER NOT NULL,
    part INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    leaves_at INTEGER,              -- of a rolling window: the instant at which it leaves
    amount INTEGER NOT NULL CHECK (amount >= 0),
    times INTEGER NOT NULL CHECK (times >= 0),
    limit_amount INTEGER,
    limit_times INTEGER,
    enforced INTEGER NOT NULL CHECK (enforced IN (0, 1)),
    after_amount INTEGER NOT NULL CHECK (after_amount >= amount),
    after_times INTEGER NOT NULL CHECK (after_times >= times),
    amount_left INTEGER NOT NULL CHECK (amount_left BETWEEN 0 AND amount),
    times_left INTEGER NOT NULL CHECK (times_left BETWEEN 0 AND times),
    PRIMARY KEY (sequence, number),
    CONSTRAINT never_exceeded_by_amount CHECK (enforced = 0 OR limit_amount IS NULL OR after_amount <= limit_amount),
    CONSTRAINT never_exceeded_by_times CHECK (enforced = 0 OR limit_times IS NULL OR after_times <= limit_times)
) WITHOUT ROWID, STRICT;

CREATE INDEX leg_leaving ON leg (counter, leaves_at, amount_left, times_left) WHERE leaves_at IS NOT NULL;

-- The packs that decisions were made under, so that they can be decided again.
CREATE TABLE pack (
    digest TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN
    SELECT RAISE(ABORT, 'an entry is never changed');
END;

CREATE TRIGGER entry_is_never_dropped BEFORE DELETE ON entry
BEGIN
    SELECT RAISE(ABORT, 'an entry is never dropped');
END;

INSERT INTO ledger (one, identity) VALUES (1, lower(hex(randomblob(16))));
