-- What was told stays true, whatever arrives late and whatever the clock does. Older tills are held to it too.

-- As before, and: a key that was answered no is compared as well, so an ask goes on only if its caller knows of the latest no under its key.
-- A request that the network, or a process that died, leaves on its way until its call was asked again and answered no comes to nothing.
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
    IF cardinality(others) > 0 OR found.wish <> its_wish OR NOT found.allowed THEN
        SELECT json_agg(json_build_object('sequence', wish.sequence, 'allowed', wish.allowed, 'wish', entry.wish)) INTO strangers
            FROM empower.wish JOIN (
                SELECT sequence, entry.wish FROM empower.entry UNION ALL SELECT sequence, past.wish FROM empower.past
            ) AS entry ON entry.sequence = wish.sequence
            WHERE wish.key = ANY (others || of_key) AND wish.sequence <> ALL (seen)
                AND (wish.key <> of_key OR entry.wish <> its_wish OR NOT wish.allowed);
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

-- Mark one hold that is due: before anybody is told that it has expired, for the clock may go back.
CREATE FUNCTION empower.lapse_v1(clock bigint, of_key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    until_ms bigint := (empower.begin_v1(clock, ARRAY(
        SELECT DISTINCT leg.counter FROM empower.hold JOIN empower.leg ON leg.sequence = hold.sequence AND leg.part = hold.part
        WHERE hold.key = of_key
    ))).now_ms;
    kept record;
BEGIN
    FOR kept IN
        SELECT hold.reserved, greatest(hold.expires_at, entry.at) AS at FROM empower.hold JOIN empower.entry ON entry.sequence = hold.sequence
        WHERE hold.key = of_key AND hold.state = 'held' AND hold.expires_at <= until_ms FOR NO KEY UPDATE OF hold
    LOOP
        PERFORM empower.become_v1(of_key, 'expired', 0, 0, 'expired', kept.reserved, '', kept.at);
    END LOOP;
END $$;
