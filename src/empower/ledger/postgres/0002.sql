-- What the ledger does, one round trip each. A function that writes needs READ COMMITTED: it locks first and looks then, and each of its
-- statements has to see what was committed while it waited. One statement that locks and sums would sum what stood before its wait.
--
-- They are in PL/pgSQL throughout: what is in plain SQL is planned anew for every decision.
--
-- Locks are taken in one order everywhere, so that nobody waits in a circle: who marks what is due (one at a time), new counters by
-- identity, counters by id, holds, keys. The sums of a hold change only while all of its counters are locked.

-- Ledger time: the clock of the server, or the one that is given, but never before the last entry.
CREATE FUNCTION empower.time_v1(clock bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last bigint;
BEGIN
    SELECT at INTO last FROM empower.entry ORDER BY at DESC LIMIT 1;
    RETURN greatest(coalesce(clock, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), last);
END $$;

-- Add an entry; `more`: the texts of its holds and legs, a line feed before each, and their lengths, a space before each. What is hashed is
-- what `empower.ledger.chain` says.
CREATE FUNCTION empower.enter_v1(
    at_ms bigint, its_event text, its_key text, its_amount bigint, its_because text, its_subjects text, its_wish text, its_record text,
    more_lengths text, more text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    place bigint;
    line text;
    its_identity text;
BEGIN
    PERFORM pg_current_xact_id();  -- before the sequence moves: `seal_v1` has to know of this transaction
    place := nextval('empower.entry_sequence');
    line := concat(
        '(', place, ', ', at_ms, ', ''', its_event, ''', ', coalesce(its_amount::text, 'None'), ', ',
        initcap((its_wish IS NULL)::text), ', ', initcap((its_record IS NULL)::text), ')'
    );
    SELECT identity INTO STRICT its_identity FROM empower.ledger;
    INSERT INTO empower.entry (sequence, at, key, event, amount, because, subjects, hash, wish, record) VALUES (
        place, at_ms, its_key, its_event, its_amount, its_because, its_subjects,
        sha256(sha256(convert_to('empower ledger ' || its_identity, 'UTF8')) || convert_to(concat(
            '[', concat_ws(
                ', ', char_length(line), char_length(its_key), char_length(its_because), char_length(its_subjects),
                coalesce(char_length(its_wish), 0), coalesce(char_length(its_record), 0)
            ), more_lengths, ']',
            E'\n', line, E'\n', its_key, E'\n', its_because, E'\n', its_subjects, E'\n', its_wish, E'\n', its_record, more
        ), 'UTF8')), its_wish, its_record
    );
    RETURN place;
END $$;

-- Make a hold what it is to be, give back what it no longer draws, each leg to its own window (to nobody, where a rolling one has moved on),
-- and write it down. Its counters are locked.
CREATE FUNCTION empower.become_v1(
    of_key text, to_state text, to_confirmed bigint, to_taken_back bigint, its_event text, its_amount bigint, its_because text, at_ms bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    changed record;
    counts boolean := to_state IN ('held', 'confirmed');
    keeps bigint;
BEGIN
    UPDATE empower.hold SET state = to_state, confirmed = to_confirmed, taken_back = to_taken_back WHERE key = of_key
        RETURNING sequence, part, reserved INTO STRICT changed;
    keeps := CASE to_state WHEN 'held' THEN changed.reserved WHEN 'confirmed' THEN to_confirmed - to_taken_back ELSE 0 END;
    WITH before AS (
        SELECT number, counter, leaves_at, least(amount_left, keeps) AS amount, CASE WHEN counts THEN times_left ELSE 0 END AS times,
            amount_left, times_left
        FROM empower.leg WHERE sequence = changed.sequence AND part = changed.part
    ), shrunk AS (
        UPDATE empower.leg SET amount_left = before.amount, times_left = before.times FROM before
        WHERE leg.sequence = changed.sequence AND leg.number = before.number
            AND (before.amount, before.times) <> (before.amount_left, before.times_left)
    ), back AS (
        SELECT before.counter, sum(before.amount_left - before.amount) AS amount, sum(before.times_left - before.times) AS times
        FROM before JOIN empower.counter ON counter.id = before.counter
        WHERE before.leaves_at IS NULL OR counter.moved_to IS NULL OR before.leaves_at > counter.moved_to
        GROUP BY before.counter
    )
    UPDATE empower.counter SET amount = counter.amount - back.amount, times = counter.times - back.times FROM back
        WHERE counter.id = back.counter AND (back.amount > 0 OR back.times > 0);
    PERFORM empower.enter_v1(at_ms, its_event, of_key, its_amount, its_because, entry.subjects, NULL, NULL, '', '')
        FROM empower.entry WHERE entry.sequence = changed.sequence;
END $$;

-- Lock these counters, mark holds that are due (no more than 20, so that nobody pays for all), and give the ledger time that holds from
-- now on. What is due and not marked yet is left out of every sum; whoever leaves out such a hold is written down after its expiry.
CREATE FUNCTION empower.begin_v1(clock bigint, mine bigint[], OUT now_ms bigint, OUT marked bigint) LANGUAGE plpgsql AS $$
DECLARE
    due text[];
    kept record;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the ledger needs READ COMMITTED, and this transaction is %', upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    marked := 0;
    now_ms := empower.time_v1(clock);
    due := ARRAY(
        SELECT key FROM empower.hold WHERE state = 'held' AND expires_at <= now_ms ORDER BY expires_at, sequence, part LIMIT 20
    );
    IF cardinality(due) > 0 AND NOT pg_try_advisory_xact_lock(1701671031, 1) THEN
        due := '{}';
    END IF;
    IF cardinality(due) > 0 THEN
        mine := mine || ARRAY(
            SELECT DISTINCT leg.counter FROM empower.hold JOIN empower.leg ON leg.sequence = hold.sequence AND leg.part = hold.part
            WHERE hold.key = ANY (due)
        );
    END IF;
    PERFORM 1 FROM empower.counter WHERE id = ANY (mine) ORDER BY id FOR NO KEY UPDATE;
    now_ms := empower.time_v1(clock);
    IF cardinality(due) > 0 THEN
        FOR kept IN
            SELECT hold.key, hold.reserved, greatest(hold.expires_at, entry.at) AS at
            FROM empower.hold JOIN empower.entry ON entry.sequence = hold.sequence
            WHERE hold.key = ANY (due) AND hold.state = 'held'
            ORDER BY hold.expires_at, hold.sequence, hold.part FOR NO KEY UPDATE OF hold
        LOOP
            PERFORM empower.become_v1(kept.key, 'expired', 0, 0, 'expired', kept.reserved, '', kept.at);
            marked := marked + 1;
        END LOOP;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM empower.hold WHERE state = 'held' AND expires_at <= now_ms) THEN
        RETURN;
    END IF;
    WHILE EXISTS (SELECT 1 FROM empower.hold WHERE state = 'held' AND expires_at = now_ms) OR EXISTS (
        SELECT 1 FROM empower.entry JOIN empower.hold ON hold.sequence = entry.sequence
        WHERE entry.at >= now_ms AND hold.state = 'held' AND hold.expires_at <= now_ms
    ) LOOP
        now_ms := now_ms + 1;
    END LOOP;
END $$;

-- What some counters hold at an instant that is not before ledger time, for each that is asked (null: nothing was drawn from it yet):
-- the sums to keep with the window moved on, and the balance, which leaves out what is due and not marked yet.
CREATE FUNCTION empower.sums_v1(
    ids bigint[], at_ms bigint, OUT kept_amounts bigint[], OUT kept_times bigint[], OUT kept_frees bigint[],
    OUT amounts bigint[], OUT times bigint[], OUT frees bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    of_counter bigint;
    sum_amount bigint;
    sum_times bigint;
    moved bigint;
    from_ms bigint;
    gone record;
BEGIN
    FOREACH of_counter IN ARRAY ids LOOP
        SELECT counter.amount, counter.times, counter.moved_to, counter.frees_from INTO sum_amount, sum_times, moved, from_ms
            FROM empower.counter WHERE counter.id = of_counter;
        IF from_ms <= at_ms THEN
            SELECT coalesce(sum(leg.amount_left), 0) AS amount, coalesce(sum(leg.times_left), 0) AS times INTO gone FROM empower.leg
                WHERE leg.counter = of_counter AND leg.leaves_at > moved AND leg.leaves_at <= at_ms
                    AND (leg.amount_left > 0 OR leg.times_left > 0);
            sum_amount := sum_amount - gone.amount;
            sum_times := sum_times - gone.times;
        END IF;
        IF moved IS NOT NULL THEN
            SELECT leg.leaves_at INTO from_ms FROM empower.leg
                WHERE leg.counter = of_counter AND leg.leaves_at >= greatest(at_ms + 1, from_ms) AND (leg.amount_left > 0 OR leg.times_left > 0)
                ORDER BY leg.leaves_at LIMIT 1;
        END IF;
        kept_amounts := kept_amounts || coalesce(sum_amount, 0);
        kept_times := kept_times || coalesce(sum_times, 0);
        kept_frees := kept_frees || from_ms;
    END LOOP;
    amounts := kept_amounts;
    times := kept_times;
    frees := kept_frees;
    IF NOT EXISTS (SELECT 1 FROM empower.hold WHERE state = 'held' AND expires_at <= at_ms) THEN
        RETURN;
    END IF;
    FOR n IN 1 .. cardinality(ids) LOOP
        SELECT coalesce(sum(leg.amount_left), 0) AS amount, coalesce(sum(leg.times_left), 0) AS times INTO gone
            FROM empower.hold JOIN empower.leg ON leg.sequence = hold.sequence AND leg.part = hold.part
            WHERE hold.state = 'held' AND hold.expires_at <= at_ms AND leg.counter = ids[n]
                AND (leg.leaves_at IS NULL OR leg.leaves_at > at_ms);
        amounts[n] := amounts[n] - gone.amount;
        times[n] := times[n] - gone.times;
        IF frees[n] IS NOT NULL THEN
            frees[n] := empower.frees_v1(ids[n], frees[n], at_ms);
        END IF;
    END LOOP;
END $$;

-- The first instant, at `from_ms` or later, at which something leaves a rolling window that is not due at `due_by`.
CREATE FUNCTION empower.frees_v1(of_counter bigint, from_ms bigint, due_by bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT leg.leaves_at FROM empower.leg
    WHERE leg.counter = of_counter AND leg.leaves_at >= from_ms AND (leg.amount_left > 0 OR leg.times_left > 0) AND NOT EXISTS (
        SELECT 1 FROM empower.hold
        WHERE hold.sequence = leg.sequence AND hold.part = leg.part AND hold.state = 'held' AND hold.expires_at <= due_by
    )
    ORDER BY leg.leaves_at LIMIT 1
$$;

-- What a key names already. `answer` is null where the ask goes on; `known`: the entry by which the key names this wish.
-- `others`: keys under which another wish would stand that has a name of this one; `seen`: entries that the caller has compared with it.
CREATE FUNCTION empower.known_v1(
    of_key text, its_wish text, its_holds text[], others text[], seen bigint[], now_ms bigint, OUT answer json, OUT known bigint
) LANGUAGE plpgsql AS $$
DECLARE
    found record;
    strangers json;
BEGIN
    SELECT wish.sequence, wish.allowed, entry.wish, entry.at, entry.record INTO found
        FROM empower.wish JOIN empower.entry ON entry.sequence = wish.sequence WHERE wish.key = of_key;
    known := found.sequence;
    IF cardinality(others) > 0 OR found.wish <> its_wish THEN
        SELECT json_agg(json_build_object('sequence', wish.sequence, 'allowed', wish.allowed, 'wish', entry.wish)) INTO strangers
            FROM empower.wish JOIN empower.entry ON entry.sequence = wish.sequence
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

-- The key names this wish from now on, as it was asked this time; `known`: what it named when it was looked at.
CREATE FUNCTION empower.remember_v1(of_key text, place bigint, is_allowed boolean, known bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO empower.wish (key, sequence, allowed) VALUES (of_key, place, is_allowed)
        ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, allowed = excluded.allowed WHERE wish.sequence = known;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'somebody else asked with the key %', of_key USING ERRCODE = 'serialization_failure';
    END IF;
END $$;

-- Whether an instant lies outside one of these calendar periods: then the caller has to work them out anew.
CREATE FUNCTION empower.elsewhere_v1(starts bigint[], ends bigint[], at_ms bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1 .. cardinality(starts) LOOP
        IF at_ms < starts[n] OR at_ms >= ends[n] THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;

-- The ids of these counters' rows, in order; null where there is none.
CREATE FUNCTION empower.ids_v1(identities text[], starts bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[] := '{}';
    found_id bigint;
BEGIN
    FOR n IN 1 .. cardinality(identities) LOOP
        SELECT id INTO found_id FROM empower.counter WHERE identity = identities[n] AND starts_at = starts[n];
        ids := ids || found_id;
    END LOOP;
    RETURN ids;
END $$;

CREATE FUNCTION empower.told_v1(outcome text, at_ms bigint, amounts bigint[], times bigint[], frees bigint[]) RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_build_object('outcome', outcome, 'at', at_ms, 'amounts', amounts, 'times', times, 'frees', frees)
$$;

-- Reserve all legs or none. Counters are named once each; `leg_counters` are places in that list, counted from 1.
CREATE FUNCTION empower.reserve_v1(
    clock bigint, of_key text, its_wish text, its_subjects text, its_record text, its_holds text[], others text[], seen bigint[],
    from_ms bigint, until_ms bigint, identities text[], starts bigint[], ends bigint[], lengths bigint[],
    asked_amount bigint, given_amount bigint, hold_amounts bigint[], hold_until bigint,
    leg_parts integer[], leg_counters integer[], leg_amounts bigint[], leg_times bigint[],
    leg_limit_amounts bigint[], leg_limit_times bigint[], leg_enforced boolean[]
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
    now_ms bigint;
    look record;
    sums record;
    sum_amounts bigint[];
    sum_times bigint[];
    after_amounts bigint[] := '{}';
    after_times bigint[] := '{}';
    leaves bigint[] := '{}';
    moves bigint[] := '{}';
    line text;
    more text := '';
    lengths_of_more text := '';
    fits boolean := true;
    place bigint;
    c integer;
BEGIN
    look := empower.known_v1(of_key, its_wish, its_holds, others, seen, empower.time_v1(clock));
    IF look.answer IS NOT NULL THEN
        RETURN look.answer;
    END IF;
    ids := empower.ids_v1(identities, starts);
    IF array_position(ids, NULL) IS NOT NULL THEN
        INSERT INTO empower.counter (identity, starts_at, ends_at, amount, times, moved_to)
            SELECT asked.identity, asked.starts_at, asked.ends_at, 0, 0, CASE WHEN asked.length > 0 THEN asked.starts_at END
            FROM unnest(identities, starts, ends, lengths) AS asked (identity, starts_at, ends_at, length)
            WHERE NOT EXISTS (
                SELECT 1 FROM empower.counter WHERE counter.identity = asked.identity AND counter.starts_at = asked.starts_at
            )
            ORDER BY asked.identity, asked.starts_at
            ON CONFLICT DO NOTHING;
        ids := empower.ids_v1(identities, starts);
    END IF;
    now_ms := (empower.begin_v1(clock, ids)).now_ms;
    look := empower.known_v1(of_key, its_wish, its_holds, others, seen, now_ms);
    IF look.answer IS NOT NULL THEN
        RETURN look.answer;
    ELSIF now_ms < from_ms OR now_ms >= until_ms THEN
        RETURN json_build_object('outcome', 'moved', 'at', now_ms);
    ELSIF empower.elsewhere_v1(starts, ends, now_ms) THEN
        RETURN json_build_object('outcome', 'elsewhere', 'at', now_ms);
    END IF;
    sums := empower.sums_v1(ids, now_ms);
    sum_amounts := sums.amounts;
    sum_times := sums.times;
    FOR p IN 1 .. cardinality(its_holds) LOOP
        line := concat('(', hold_amounts[p], ', ', coalesce(hold_until::text, 'None'), ')');
        more := concat(more, E'\n', line, E'\n', its_holds[p]);
        lengths_of_more := concat(lengths_of_more, ', ', char_length(line), ', ', char_length(its_holds[p]));
    END LOOP;
    FOR i IN 1 .. cardinality(leg_counters) LOOP
        c := leg_counters[i];
        sum_amounts[c] := sum_amounts[c] + leg_amounts[i];
        sum_times[c] := sum_times[c] + leg_times[i];
        after_amounts := after_amounts || sum_amounts[c];
        after_times := after_times || sum_times[c];
        leaves := leaves || CASE WHEN lengths[c] > 0 THEN now_ms + lengths[c] END;
        IF leg_enforced[i] AND coalesce(sum_amounts[c] > leg_limit_amounts[i] OR sum_times[c] > leg_limit_times[i], false) THEN
            fits := false;
        END IF;
        line := concat('(', concat_ws(
            ', ', leg_parts[i], starts[c], coalesce(leaves[i]::text, 'None'), leg_amounts[i], leg_times[i],
            coalesce(leg_limit_amounts[i]::text, 'None'), coalesce(leg_limit_times[i]::text, 'None'), leg_enforced[i]::integer,
            sum_amounts[c], sum_times[c]
        ), ')');
        more := concat(more, E'\n', line, E'\n', identities[c]);
        lengths_of_more := concat(lengths_of_more, ', ', char_length(line), ', ', char_length(identities[c]));
    END LOOP;
    IF NOT fits THEN
        place := empower.enter_v1(now_ms, 'refused', of_key, asked_amount, '', its_subjects, its_wish, its_record, '', '');
        PERFORM empower.remember_v1(of_key, place, false, look.known);
        RETURN empower.told_v1('refused', now_ms, sums.amounts, sums.times, sums.frees);
    END IF;
    place := empower.enter_v1(now_ms, 'allowed', of_key, given_amount, '', its_subjects, its_wish, its_record, lengths_of_more, more);
    PERFORM empower.remember_v1(of_key, place, true, look.known);
    FOR p IN 1 .. cardinality(its_holds) LOOP
        INSERT INTO empower.hold (key, sequence, part, reserved, expires_at, state, confirmed, taken_back)
            VALUES (its_holds[p], place, p, hold_amounts[p], hold_until, 'held', 0, 0);
    END LOOP;
    INSERT INTO empower.leg
        SELECT place, drawn.number, drawn.part, ids[drawn.counter], drawn.leaves_at, drawn.amount, drawn.times, drawn.limit_amount,
            drawn.limit_times, drawn.enforced, drawn.after_amount, drawn.after_times, drawn.amount, drawn.times
        FROM unnest(
            leg_parts, leg_counters, leaves, leg_amounts, leg_times, leg_limit_amounts, leg_limit_times, leg_enforced, after_amounts, after_times
        ) WITH ORDINALITY AS drawn (
            part, counter, leaves_at, amount, times, limit_amount, limit_times, enforced, after_amount, after_times, number
        );
    FOR i IN 1 .. cardinality(ids) LOOP
        sum_amounts[i] := sums.kept_amounts[i] + sum_amounts[i] - sums.amounts[i];
        sum_times[i] := sums.kept_times[i] + sum_times[i] - sums.times[i];
        moves[i] := coalesce(sums.kept_frees[i], now_ms + lengths[i]);
    END LOOP;
    UPDATE empower.counter SET
        amount = sum_amounts[array_position(ids, id)], times = sum_times[array_position(ids, id)],
        moved_to = CASE WHEN moved_to IS NOT NULL THEN now_ms END,
        frees_from = CASE WHEN moved_to IS NOT NULL THEN moves[array_position(ids, id)] END
        WHERE id = ANY (ids);
    RETURN empower.told_v1('reserved', now_ms, sums.amounts, sums.times, sums.frees);
END $$;

-- Record an ask whose verdict is not allow, and read balances.
CREATE FUNCTION empower.attempt_v1(
    clock bigint, of_key text, its_wish text, its_subjects text, its_record text, its_holds text[], others text[], seen bigint[],
    from_ms bigint, until_ms bigint, identities text[], starts bigint[], ends bigint[], asked_amount bigint
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := (empower.begin_v1(clock, '{}')).now_ms;
    look record;
    place bigint;
    sums record;
BEGIN
    look := empower.known_v1(of_key, its_wish, its_holds, others, seen, now_ms);
    IF look.answer IS NOT NULL THEN
        RETURN look.answer;
    ELSIF now_ms < from_ms OR now_ms >= until_ms THEN
        RETURN json_build_object('outcome', 'moved', 'at', now_ms);
    ELSIF empower.elsewhere_v1(starts, ends, now_ms) THEN
        RETURN json_build_object('outcome', 'elsewhere', 'at', now_ms);
    END IF;
    sums := empower.sums_v1(empower.ids_v1(identities, starts), now_ms);
    place := empower.enter_v1(now_ms, 'noted', of_key, asked_amount, '', its_subjects, its_wish, its_record, '', '');
    PERFORM empower.remember_v1(of_key, place, false, look.known);
    RETURN empower.told_v1('noted', now_ms, sums.amounts, sums.times, sums.frees);
END $$;

-- Make a hold what it is to be, if it is still what the caller saw: null where it is not.
CREATE FUNCTION empower.settle_v1(
    clock bigint, of_key text, seen_state text, seen_confirmed bigint, seen_taken_back bigint,
    to_state text, to_confirmed bigint, to_taken_back bigint, its_event text, its_amount bigint, its_because text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint;
BEGIN
    now_ms := (empower.begin_v1(clock, ARRAY(
        SELECT DISTINCT leg.counter FROM empower.hold JOIN empower.leg ON leg.sequence = hold.sequence AND leg.part = hold.part
        WHERE hold.key = of_key
    ))).now_ms;
    PERFORM 1 FROM empower.hold
        WHERE key = of_key AND state = seen_state AND confirmed = seen_confirmed AND taken_back = seen_taken_back
            AND NOT (state = 'held' AND coalesce(expires_at <= now_ms, false))
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM empower.become_v1(of_key, to_state, to_confirmed, to_taken_back, its_event, its_amount, its_because, now_ms);
    RETURN now_ms;
END $$;

-- Mark some of the holds that are due; how many.
CREATE FUNCTION empower.expire_v1(clock bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM empower.hold WHERE state = 'held' AND expires_at <= empower.time_v1(clock)) THEN
        RETURN 0;
    END IF;
    PERFORM pg_advisory_xact_lock(1701671031, 1);
    RETURN (empower.begin_v1(clock, '{}')).marked;
END $$;

-- What the windows of an instant hold (null: of ledger time), by what is known now.
CREATE FUNCTION empower.balances_v1(
    clock bigint, at_ms bigint, identities text[], starts bigint[], ends bigint[], lengths bigint[]
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := empower.time_v1(clock);
    ids bigint[];
    sums record;
    one record;
    amounts bigint[];
    times bigint[];
    frees bigint[];
BEGIN
    IF at_ms IS NULL AND empower.elsewhere_v1(starts, ends, now_ms) THEN
        RETURN json_build_object('outcome', 'elsewhere', 'at', now_ms);
    END IF;
    ids := empower.ids_v1(identities, starts);
    IF at_ms IS NULL OR at_ms >= now_ms THEN
        sums := empower.sums_v1(ids, coalesce(at_ms, now_ms));
        RETURN empower.told_v1('told', now_ms, sums.amounts, sums.times, sums.frees);
    END IF;
    FOR n IN 1 .. cardinality(ids) LOOP
        one := empower.earlier_v1(ids[n], lengths[n], at_ms, now_ms);
        amounts := amounts || one.amount;
        times := times || one.times;
        frees := frees || one.frees;
    END LOOP;
    RETURN empower.told_v1('told', now_ms, amounts, times, frees);
END $$;

-- What a counter's window held at an instant before ledger time, by what is known now.
CREATE FUNCTION empower.earlier_v1(
    of_counter bigint, length bigint, at_ms bigint, now_ms bigint, OUT amount bigint, OUT times bigint, OUT frees bigint
) LANGUAGE plpgsql AS $$
DECLARE
    sums record;
BEGIN
    IF length > 0 THEN
        SELECT coalesce(sum(leg.amount_left), 0), coalesce(sum(leg.times_left), 0), min(leg.leaves_at) INTO amount, times, frees
            FROM empower.leg
            WHERE leg.counter = of_counter AND leg.leaves_at > at_ms AND leg.leaves_at <= at_ms + length
                AND (leg.amount_left > 0 OR leg.times_left > 0) AND NOT EXISTS (
                    SELECT 1 FROM empower.hold
                    WHERE hold.sequence = leg.sequence AND hold.part = leg.part AND hold.state = 'held' AND hold.expires_at <= now_ms
                );
    ELSE
        sums := empower.sums_v1(ARRAY[of_counter], now_ms);
        amount := sums.amounts[1];
        times := sums.times[1];
    END IF;
END $$;

-- Seal what is settled: nobody can add an entry up to there any more. Sequences are handed out before their transactions end; so first
-- it is written down how far they were and which transaction saw that, and once all before that one have ended they are sealed.
-- Whether everything is sealed now, or somebody else sees to it.
CREATE FUNCTION empower.seal_v1() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    reached bigint;
    mine xid8;
    oldest xid8;
    ready bigint;
    latest record;
    made record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1701671031, 2) THEN
        RETURN true;
    END IF;
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO reached FROM empower.entry_sequence;
    mine := pg_current_xact_id();  -- after the sequence was looked at, so it is above all that have moved it so far
    oldest := pg_snapshot_xmin(pg_current_snapshot());
    ready := CASE WHEN oldest = mine THEN reached ELSE (SELECT until_sequence FROM empower.sealing WHERE horizon <= oldest) END;
    SELECT number, until_sequence, hash INTO latest FROM empower.seal ORDER BY number DESC LIMIT 1;
    IF ready > coalesce(latest.until_sequence, 0) THEN
        SELECT coalesce(array_agg(sequence ORDER BY sequence), '{}') AS sequences, coalesce(string_agg(hash, '' ORDER BY sequence), '') AS hashes
            INTO made FROM empower.entry WHERE sequence > coalesce(latest.until_sequence, 0) AND sequence <= ready;
        INSERT INTO empower.seal (number, until_sequence, sequences, hashes, hash) VALUES (
            coalesce(latest.number, 0) + 1, ready, made.sequences, made.hashes,
            empower.seal_hash_v1(latest.hash, coalesce(latest.number, 0) + 1, ready, made.sequences, made.hashes)
        );
    END IF;
    IF ready IS DISTINCT FROM reached THEN
        INSERT INTO empower.sealing (one, until_sequence, horizon) VALUES (1, reached, mine)
            ON CONFLICT (one) DO UPDATE SET until_sequence = excluded.until_sequence, horizon = excluded.horizon
            WHERE sealing.horizon <= oldest OR sealing.horizon > excluded.horizon;
    END IF;
    RETURN ready IS NOT DISTINCT FROM reached;
END $$;

-- The hash of a seal, which follows the hash of the one before it (null: it is the first).
CREATE FUNCTION empower.seal_hash_v1(before bytea, number bigint, until_sequence bigint, sequences bigint[], hashes bytea) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(
        coalesce(before, sha256(convert_to('empower ledger ' || identity, 'UTF8')))
        || convert_to(concat(E'\n', number, ' ', until_sequence, E'\n', array_to_string(sequences, ' '), E'\n'), 'UTF8') || hashes
    ) FROM empower.ledger
$$;
