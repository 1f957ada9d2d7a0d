-- A decision in fewer statements, and a clock that is not believed when it jumps. What 0002 made stays as it was, for older tills.

-- What machines of tills believe of the server's clock.
CREATE TABLE empower.clock (
    boot text PRIMARY KEY,          -- which start of which machine; empty: one that cannot tell
    ahead_ms bigint,                -- the server's clock less the time since that start; null: the clock was accepted since
    seen_at bigint NOT NULL,        -- the latest that the server's clock showed and this machine believed
    doubted_at bigint               -- what the clock showed when this machine did not believe it
);

-- What the server's clock shows. Whoever owns the schema may put another clock in its place, for tests; nobody else can.
CREATE FUNCTION empower.clock_v1() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$;

-- What the clock shows, the server's or the one that is given, unless that is later than the caller believes.
CREATE FUNCTION empower.believed_v1(clock bigint, latest bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    shown bigint := coalesce(clock, empower.clock_v1());
BEGIN
    IF shown > latest THEN
        RAISE EXCEPTION 'the clock of the server shows %, and no later than % is believed', shown, latest USING ERRCODE = 'EM001';
    END IF;
    RETURN shown;
END $$;

-- The hash of an entry, as `enter_v1` makes it. It is one expression, so that it becomes part of the statement that needs it.
CREATE FUNCTION empower.hash_v1(
    its_identity text, line text, its_key text, its_because text, its_subjects text, its_wish text, its_record text, more_lengths text, more text
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(sha256(convert_to('empower ledger ' || its_identity, 'UTF8')) || convert_to(concat(
        '[', concat_ws(
            ', ', char_length(line), char_length(its_key), char_length(its_because), char_length(its_subjects),
            coalesce(char_length(its_wish), 0), coalesce(char_length(its_record), 0)
        ), more_lengths, ']',
        E'\n', line, E'\n', its_key, E'\n', its_because, E'\n', its_subjects, E'\n', its_wish, E'\n', its_record, more
    ), 'UTF8'))
$$;

-- Make the rows of counters that nothing was drawn from yet.
CREATE FUNCTION empower.make_v1(identities text[], starts bigint[], ends bigint[], lengths bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO empower.counter (identity, starts_at, ends_at, amount, times, moved_to)
        SELECT asked.identity, asked.starts_at, asked.ends_at, 0, 0, CASE WHEN asked.length > 0 THEN asked.starts_at END
        FROM unnest(identities, starts, ends, lengths) AS asked (identity, starts_at, ends_at, length)
        WHERE NOT EXISTS (
            SELECT 1 FROM empower.counter WHERE counter.identity = asked.identity AND counter.starts_at = asked.starts_at
        )
        ORDER BY asked.identity, asked.starts_at
        ON CONFLICT DO NOTHING;
END $$;

-- The instant to go on at while holds are due and not marked yet: so late that they are told before what leaves them out.
CREATE FUNCTION empower.past_due_v1(at_ms bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    WHILE EXISTS (SELECT 1 FROM empower.hold WHERE state = 'held' AND expires_at = at_ms) OR EXISTS (
        SELECT 1 FROM empower.entry JOIN empower.hold ON hold.sequence = entry.sequence
        WHERE entry.at >= at_ms AND hold.state = 'held' AND hold.expires_at <= at_ms
    ) LOOP
        at_ms := at_ms + 1;
    END LOOP;
    RETURN at_ms;
END $$;

-- Reserve all legs or none, at the instant `clock` or that of the last entry. Counters are named once each; `leg_counters` are places in that list, counted from 1.
-- The usual way is four statements: find the counters, lock them, look, write. A row that is locked tells what it holds by then; whatever else
-- has to be known is asked by the statement after, which sees what was committed while this one waited. Rows are looked up one by one: a
-- join would be planned while the tables are small, and go through all of them later.
CREATE FUNCTION empower.reserve_v2(
    clock bigint, of_key text, its_wish text, its_subjects text, its_record text, its_holds text[], others text[], seen bigint[],
    from_ms bigint, until_ms bigint, identities text[], starts bigint[], ends bigint[], lengths bigint[],
    asked_amount bigint, given_amount bigint, hold_amounts bigint[], hold_until bigint,
    leg_parts integer[], leg_counters integer[], leg_amounts bigint[], leg_times bigint[],
    leg_limit_amounts bigint[], leg_limit_times bigint[], leg_enforced boolean[]
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
    held_amounts bigint[];
    held_times bigint[];
    held_frees bigint[];
    kept_amounts bigint[];
    kept_times bigint[];
    moves bigint[];
    now_ms bigint;
    its_identity text;
    named boolean;
    due boolean;
    known bigint;
    look record;
    sums record;
    sum_amounts bigint[];
    sum_times bigint[];
    after_amounts bigint[] := '{}';
    after_times bigint[] := '{}';
    leaves bigint[] := '{}';
    line text;
    more text := '';
    lengths_of_more text := '';
    fits boolean := true;
    place bigint;
    c integer;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM empower.begin_v1(clock, '{}');  -- which says that it needs READ COMMITTED
    END IF;
    SELECT array_agg((
        SELECT counter.id FROM empower.counter WHERE counter.identity = asked.identity AND counter.starts_at = asked.starts_at
    )), EXISTS (
        SELECT 1 FROM empower.hold
        WHERE state = 'held' AND expires_at <= greatest(clock, (SELECT at FROM empower.entry ORDER BY at DESC LIMIT 1))
    ) INTO ids, due FROM unnest(identities, starts) AS asked (identity, starts_at);
    IF array_position(ids, NULL) IS NOT NULL THEN
        look := empower.known_v1(of_key, its_wish, its_holds, others, seen, empower.time_v1(clock));
        IF look.answer IS NOT NULL THEN
            RETURN look.answer;
        END IF;
        PERFORM empower.make_v1(identities, starts, ends, lengths);
        ids := empower.ids_v1(identities, starts);
    END IF;
    IF due THEN
        PERFORM empower.begin_v1(clock, ids);
    END IF;
    SELECT array_agg(locked.amount ORDER BY mine.n), array_agg(locked.times ORDER BY mine.n) INTO kept_amounts, kept_times
        FROM (SELECT id, n FROM unnest(ids) WITH ORDINALITY AS mine (id, n) ORDER BY id) AS mine
        CROSS JOIN LATERAL (SELECT amount, times FROM empower.counter WHERE counter.id = mine.id FOR NO KEY UPDATE) AS locked;
    SELECT at.now_ms, ledger.identity, EXISTS (SELECT 1 FROM empower.wish WHERE wish.key = ANY (others || of_key)),
        EXISTS (SELECT 1 FROM empower.hold WHERE state = 'held' AND expires_at <= at.now_ms)
        INTO now_ms, its_identity, named, due
        FROM empower.ledger, (SELECT greatest(clock, (SELECT at FROM empower.entry ORDER BY at DESC LIMIT 1)) AS now_ms OFFSET 0) AS at
        WHERE ledger.one = 1;
    IF due THEN
        now_ms := empower.past_due_v1(now_ms);
    END IF;
    IF named THEN
        look := empower.known_v1(of_key, its_wish, its_holds, others, seen, now_ms);
        IF look.answer IS NOT NULL THEN
            RETURN look.answer;
        END IF;
        known := look.known;
    END IF;
    IF now_ms < from_ms OR now_ms >= until_ms THEN
        RETURN json_build_object('outcome', 'moved', 'at', now_ms);
    ELSIF now_ms < ANY (starts) OR now_ms >= ANY (ends) THEN
        RETURN json_build_object('outcome', 'elsewhere', 'at', now_ms);
    ELSIF due OR 0 < ANY (lengths) THEN
        sums := empower.sums_v1(ids, now_ms);
        held_amounts := sums.amounts;
        held_times := sums.times;
        held_frees := sums.frees;
        kept_amounts := sums.kept_amounts;
        kept_times := sums.kept_times;
        moves := sums.kept_frees;
    ELSE
        held_amounts := coalesce(kept_amounts, '{}');
        held_times := coalesce(kept_times, '{}');
    END IF;
    FOR p IN 1 .. cardinality(its_holds) LOOP
        line := concat('(', hold_amounts[p], ', ', coalesce(hold_until::text, 'None'), ')');
        more := concat(more, E'\n', line, E'\n', its_holds[p]);
        lengths_of_more := concat(lengths_of_more, ', ', char_length(line), ', ', char_length(its_holds[p]));
    END LOOP;
    sum_amounts := held_amounts;
    sum_times := held_times;
    FOR i IN 1 .. cardinality(leg_counters) LOOP
        c := leg_counters[i];
        sum_amounts[c] := sum_amounts[c] + leg_amounts[i];
        sum_times[c] := sum_times[c] + leg_times[i];
        after_amounts[i] := sum_amounts[c];
        after_times[i] := sum_times[c];
        leaves[i] := CASE WHEN lengths[c] > 0 THEN now_ms + lengths[c] END;
        IF leg_enforced[i] AND coalesce(after_amounts[i] > leg_limit_amounts[i] OR after_times[i] > leg_limit_times[i], false) THEN
            fits := false;
        END IF;
        line := concat(
            '(', leg_parts[i], ', ', starts[c], ', ', coalesce(leaves[i]::text, 'None'), ', ', leg_amounts[i], ', ', leg_times[i], ', ',
            coalesce(leg_limit_amounts[i]::text, 'None'), ', ', coalesce(leg_limit_times[i]::text, 'None'), ', ', leg_enforced[i]::integer,
            ', ', after_amounts[i], ', ', after_times[i], ')'
        );
        more := concat(more, E'\n', line, E'\n', identities[c]);
        lengths_of_more := concat(lengths_of_more, ', ', char_length(line), ', ', char_length(identities[c]));
    END LOOP;
    IF NOT fits THEN
        place := empower.enter_v1(now_ms, 'refused', of_key, asked_amount, '', its_subjects, its_wish, its_record, '', '');
        PERFORM empower.remember_v1(of_key, place, false, known);
        RETURN json_build_object('outcome', 'refused', 'at', now_ms, 'amounts', held_amounts, 'times', held_times, 'frees', held_frees);
    END IF;
    PERFORM pg_current_xact_id();  -- before the sequence moves: `seal_v1` has to know of this transaction
    place := nextval('empower.entry_sequence');
    line := concat('(', place, ', ', now_ms, ', ''allowed'', ', coalesce(given_amount::text, 'None'), ', False, False)');
    WITH told AS (
        INSERT INTO empower.entry (sequence, at, key, event, amount, because, subjects, hash, wish, record) VALUES (
            place, now_ms, of_key, 'allowed', given_amount, '', its_subjects,
            empower.hash_v1(its_identity, line, of_key, '', its_subjects, its_wish, its_record, lengths_of_more, more), its_wish, its_record
        )
    ), held AS (
        INSERT INTO empower.hold (key, sequence, part, reserved, expires_at, state, confirmed, taken_back)
            SELECT part.key, place, part.number, part.amount, hold_until, 'held', 0, 0
            FROM unnest(its_holds, hold_amounts) WITH ORDINALITY AS part (key, amount, number)
    ), drawn AS (
        INSERT INTO empower.leg
            SELECT place, drawn.number, drawn.part, ids[drawn.counter], drawn.leaves_at, drawn.amount, drawn.times, drawn.limit_amount,
                drawn.limit_times, drawn.enforced, drawn.after_amount, drawn.after_times, drawn.amount, drawn.times
            FROM unnest(
                leg_parts, leg_counters, leaves, leg_amounts, leg_times, leg_limit_amounts, leg_limit_times, leg_enforced, after_amounts,
                after_times
            ) WITH ORDINALITY AS drawn (
                part, counter, leaves_at, amount, times, limit_amount, limit_times, enforced, after_amount, after_times, number
            )
    ), moved AS (
        UPDATE empower.counter SET
            amount = mine.kept_amount + mine.sum_amount - mine.amount, times = mine.kept_times + mine.sum_times - mine.times,
            moved_to = CASE WHEN mine.length > 0 THEN now_ms END,
            frees_from = CASE WHEN mine.length > 0 THEN coalesce(mine.frees_from, now_ms + mine.length) END
            FROM unnest(
                ids, kept_amounts, sum_amounts, held_amounts, kept_times, sum_times, held_times, lengths, moves
            ) AS mine (
                id, kept_amount, sum_amount, amount, kept_times, sum_times, times, length, frees_from
            )
            WHERE counter.id = mine.id
    )
    INSERT INTO empower.wish (key, sequence, allowed) VALUES (of_key, place, true)
        ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, allowed = excluded.allowed WHERE wish.sequence = known;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'somebody else asked with the key %', of_key USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN json_build_object('outcome', 'reserved', 'at', now_ms, 'amounts', held_amounts, 'times', held_times, 'frees', held_frees);
END $$;

-- The archive of closed periods. What lies there is gone from `entry` and `leg`; `hold`, `wish` and `seal` stay, so that no key gives twice
-- and what the archive tells can be held against the seals.

-- At most one row: the file of the archive, and how far it goes for certain.
CREATE TABLE empower.archive (
    one integer PRIMARY KEY CHECK (one = 1),
    file text NOT NULL,
    seal bigint NOT NULL,           -- the last seal of the archive's own chain, and its hash
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    before bigint NOT NULL          -- what still mattered at this instant has stayed
);

-- Entries that lie in the archive alone.
CREATE TABLE empower.gap (
    first bigint PRIMARY KEY,
    last bigint NOT NULL CHECK (last >= first)
);

-- What a key still needs of its entry in the archive; the record of an allow only. Short rows are compressed, too.
CREATE TABLE empower.past (
    sequence bigint PRIMARY KEY,
    at bigint NOT NULL,
    wish text NOT NULL,
    record text
) WITH (toast_tuple_target = 256);

-- What the legs in the archive drew from a sum; rolling windows have none, because those legs have left.
CREATE TABLE empower.opening (
    counter bigint PRIMARY KEY,
    amount bigint NOT NULL CHECK (amount >= 0),
    times bigint NOT NULL CHECK (times >= 0)
);

ALTER TABLE empower.hold ADD COLUMN archived boolean NOT NULL DEFAULT false;

CREATE FUNCTION empower.never_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the hold % is archived, and nothing becomes of it any more', OLD.key USING ERRCODE = 'EM002';
END $$;

CREATE TRIGGER hold_is_archived BEFORE UPDATE OR DELETE ON empower.hold FOR EACH ROW WHEN (OLD.archived)
    EXECUTE FUNCTION empower.never_again();

CREATE FUNCTION empower.never_but_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce((SELECT last FROM empower.gap WHERE first <= OLD.sequence ORDER BY first DESC LIMIT 1) < OLD.sequence, true) THEN
        RAISE EXCEPTION 'what stands in empower.% is never changed and never dropped', TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END $$;

DROP TRIGGER entry_is_never_changed ON empower.entry;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON empower.entry FOR EACH ROW EXECUTE FUNCTION empower.never();
CREATE TRIGGER entry_goes_to_the_archive_only BEFORE DELETE ON empower.entry FOR EACH ROW EXECUTE FUNCTION empower.never_but_archived();

-- The same as before of whatever is not archived, so older tills go on with it: otherwise they would not know archived keys.
CREATE OR REPLACE FUNCTION empower.known_v1(
    of_key text, its_wish text, its_holds text[], others text[], seen bigint[], now_ms bigint, OUT answer json, OUT known bigint
) LANGUAGE plpgsql AS $$
DECLARE
    found record;
    strangers json;
BEGIN
    SELECT wish.sequence, wish.allowed, entry.wish, entry.at, entry.record INTO found FROM empower.wish JOIN (
        SELECT sequence, at, entry.wish, record FROM empower.entry UNION ALL SELECT sequence, at, past.wish, record FROM empower.past
    ) AS entry ON entry.sequence = wish.sequence WHERE wish.key = of_key;
    known := found.sequence;
    IF cardinality(others) > 0 OR found.wish <> its_wish THEN
        SELECT json_agg(json_build_object('sequence', wish.sequence, 'allowed', wish.allowed, 'wish', entry.wish)) INTO strangers
            FROM empower.wish JOIN (
                SELECT sequence, entry.wish FROM empower.entry UNION ALL SELECT sequence, past.wish FROM empower.past
            ) AS entry ON entry.sequence = wish.sequence
            WHERE wish.key = ANY (others || of_key) AND wish.sequence <> ALL (seen) AND (wish.key <> of_key OR entry.wish <> its_wish);
    END IF;
    IF strangers IS NOT NULL THEN
        answer := json_build_object('outcome', 'known', 'wishes', strangers);
    ELSIF found.allowed THEN
        SELECT json_build_object(
            'outcome', 'replayed', 'at', found.at, 'now', now_ms, 'record', found.record, 'holds', coalesce(json_agg(
                json_build_array(key, reserved, expires_at, state, confirmed, taken_back) ORDER BY part
            ), '[]')
        ) INTO answer FROM empower.hold WHERE key = ANY (its_holds) AND sequence = found.sequence;
    END IF;
END $$;

-- Drop what is closed of the entries before an instant and up to a sequence, all of which the archive has; how many. What is closed:
-- an attempt that allowed nothing; and an allow with the events of its holds, if none is held, none had an event later, and each leg has
-- left its window.
CREATE FUNCTION empower.archive_v1(clock bigint, cut bigint, until bigint, its_file text, its_seal bigint, its_hash bytea) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint;
    leaving bigint[];
    ids bigint[];
    sums record;
BEGIN
    PERFORM pg_advisory_xact_lock(1701671031, 4);
    PERFORM 1 FROM empower.counter WHERE id IN (
        SELECT counter FROM empower.leg JOIN empower.entry ON entry.sequence = leg.sequence WHERE entry.at < cut AND entry.sequence <= until
    ) ORDER BY id FOR NO KEY UPDATE;
    PERFORM 1 FROM empower.hold JOIN empower.entry ON entry.sequence = hold.sequence
        WHERE entry.at < cut AND entry.sequence <= until ORDER BY hold.sequence, hold.part FOR NO KEY UPDATE OF hold;
    now_ms := empower.time_v1(clock);
    leaving := ARRAY(
        WITH staying AS (
            SELECT hold.sequence FROM empower.hold WHERE state = 'held'
            UNION SELECT leg.sequence FROM empower.leg JOIN empower.counter ON counter.id = leg.counter
                WHERE leg.leaves_at > cut OR counter.ends_at > cut
            UNION SELECT hold.sequence FROM empower.entry JOIN empower.hold ON hold.key = entry.key
                WHERE event IN ('confirmed', 'voided', 'reversed', 'expired') AND NOT (entry.at < cut AND entry.sequence <= until)
        )
        SELECT entry.sequence FROM empower.entry LEFT JOIN empower.hold
            ON hold.key = entry.key AND event IN ('confirmed', 'voided', 'reversed', 'expired')
        WHERE entry.at < cut AND entry.sequence <= until
            AND NOT EXISTS (SELECT 1 FROM staying WHERE staying.sequence = coalesce(hold.sequence, entry.sequence))
        ORDER BY entry.sequence
    );
    -- A rolling window takes off what left it by looking at the legs, so it must have done so before they go
    ids := ARRAY(
        SELECT DISTINCT counter.id FROM empower.leg JOIN empower.counter ON counter.id = leg.counter
        WHERE leg.sequence = ANY (leaving) AND leg.leaves_at > counter.moved_to
    );
    sums := empower.sums_v1(ids, now_ms);
    UPDATE empower.counter SET amount = kept.amount, times = kept.times, moved_to = now_ms, frees_from = kept.frees_from
        FROM unnest(ids, sums.kept_amounts, sums.kept_times, sums.kept_frees) AS kept (id, amount, times, frees_from)
        WHERE counter.id = kept.id;
    INSERT INTO empower.gap SELECT min(one), max(one) FROM (
        SELECT one, one - row_number() OVER (ORDER BY one) AS stretch FROM unnest(leaving) AS one
    ) AS each GROUP BY stretch;
    DELETE FROM empower.past WHERE NOT EXISTS (SELECT 1 FROM empower.wish WHERE wish.sequence = past.sequence);
    INSERT INTO empower.past SELECT entry.sequence, entry.at, entry.wish, CASE WHEN wish.allowed THEN entry.record END
        FROM empower.entry JOIN empower.wish ON wish.key = entry.key AND wish.sequence = entry.sequence WHERE entry.sequence = ANY (leaving);
    INSERT INTO empower.opening AS had SELECT counter, sum(amount_left), sum(times_left) FROM empower.leg
        WHERE sequence = ANY (leaving) AND leaves_at IS NULL GROUP BY counter
        ON CONFLICT (counter) DO UPDATE SET amount = had.amount + excluded.amount, times = had.times + excluded.times;
    UPDATE empower.hold SET archived = true WHERE sequence = ANY (leaving);
    DELETE FROM empower.leg WHERE sequence = ANY (leaving);
    DELETE FROM empower.entry WHERE sequence = ANY (leaving);
    INSERT INTO empower.archive VALUES (1, its_file, its_seal, its_hash, cut)
        ON CONFLICT (one) DO UPDATE SET file = excluded.file, seal = excluded.seal, hash = excluded.hash, before = excluded.before;
    RETURN cardinality(leaving);
END $$;
