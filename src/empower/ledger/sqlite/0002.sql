-- The archive of closed periods. What lies there is gone from `entry` and `leg`; `hold` and `wish` stay, so that no key gives twice.

-- At most one row: the file of the archive, and how far it tells everything.
CREATE TABLE archive (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    file TEXT NOT NULL,
    sequence INTEGER NOT NULL,      -- the last entry that the archive has for certain
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    before INTEGER NOT NULL         -- what still mattered at this instant has stayed
) STRICT;

-- Entries that lie in the archive alone. The chain goes on from the hash of the last of them.
CREATE TABLE gap (
    first INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL CHECK (last >= first),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What a key still needs of its entry in the archive.
CREATE TABLE past (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    wish TEXT NOT NULL,
    record BLOB                     -- of an allow, by zlib
) STRICT;

-- What the legs in the archive drew from a sum; rolling windows have none, because those legs have left.
CREATE TABLE opening (
    counter INTEGER NOT NULL PRIMARY KEY,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    times INTEGER NOT NULL CHECK (times >= 0)
) STRICT;

DROP TRIGGER entry_is_never_dropped;

CREATE TRIGGER entry_is_never_dropped BEFORE DELETE ON entry
WHEN NOT EXISTS (SELECT 1 FROM gap WHERE OLD.sequence BETWEEN first AND last)
BEGIN
    SELECT RAISE(ABORT, 'an entry is never dropped');
END;
