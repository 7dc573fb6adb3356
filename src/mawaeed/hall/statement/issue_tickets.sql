-- Tickets without an appointment that are asked for together, in one round trip: for each of them
-- what hall.actions.issue_walk_in does for the ordinary case, with the same locks in the same order
-- (docs/locking.md). Every list has one value per ticket, in the order in which they were asked for.
--
-- The outcome is `issued`, `known` (the idempotency key has its answer already) or `other_path`: not
-- ordinary after all, nothing was written, and the plain path does it or says why not.
--
-- A letter's numbers are given one after another, by the row of its series. Where this call is the
-- whole transaction, that row is free for the next one as soon as everything is written; only then,
-- together with all others, does each wait for the disk, and answers when it is there. Whoever
-- builds on what is not there yet comes after it in the log, so it is never there without it.
CREATE OR REPLACE PROCEDURE hall_issue_tickets(
    -- Who gives it where they come with a token only (people_staff_of); else null, and the actor
    -- and whose key it is are given.
    p_token_hash text[], p_code text[], p_roles text[], p_real timestamptz[],
    -- Who repeats what, and the answer without its number; no key: nothing is kept.
    p_key_actor text[], p_key text[], p_body_hash text[], p_result jsonb[],
    -- For what; the terms are the offering as the caller knows it (hall.statement.issuing).
    p_agency bigint[], p_centre bigint[], p_group bigint[], p_letter text[], p_offering bigint[],
    p_pool bigint[], p_minutes float8[], p_terms text[],
    -- For whom.
    p_secret text[], p_mobile text[], p_language text[], p_class text[],
    -- What is looked at of the pool's day: up to its last moment where the room is limited, else
    -- no more than now; what is still for sale counts only where it begins before the other.
    p_limited boolean[], p_last timestamptz[], p_for_sale_until timestamptz[],
    -- History and outbox.
    p_day date[], p_now timestamptz[], p_actor_kind text[], p_actor bigint[], p_topics text[],
    -- Whether this call is the whole transaction; how long it waits for whoever uses a key, and
    -- whether for no other lock any longer either (whoever fails so is tried again alone).
    p_whole boolean, p_wait text, p_hasty boolean,
    -- Lists again: outcome, ticket, number; and by place (from 1) what a known key's first request
    -- was: hash, answer, moment.
    OUT told jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_none text;
    v_setting text := current_setting('lock_timeout');
    v_all integer := cardinality(p_secret);
    v_goes boolean[];  -- still ordinary
    v_outcome text[] := array_fill('other_path'::text, ARRAY[v_all]);
    v_left float8[];  -- minutes of the day
    v_due integer[];  -- whose token's moment of last use is to be written
    v_in_turn integer[];  -- by letter
    v_kept bigint[];
    v_held boolean[];
    v_number text[] := array_fill(NULL::text, ARRAY[v_all]);
    v_ticket bigint[];
    v_known jsonb;
    v_begin integer := 1;
    v_end integer;
    v_wanted integer;
    v_last integer;
    v_promised float8;
    v_pools bigint[];  -- whose promised minutes were added up in this turn
    v_owed float8[];
    v_pool integer;
    v_place integer;
    i integer;
BEGIN
    -- Every statement below reads by a key, the checks of foreign keys at the end too: one plan
    -- serves whatever the values, from a connection's first call on. Never by reading a table
    -- through: the few rows of the series leave hundreds of dead ones behind in a busy minute.
    -- Lists are short: each row of theirs looks up its own. (Assignments need no executor.)
    v_none := set_config('plan_cache_mode', 'force_generic_plan', true);
    v_none := set_config('enable_seqscan', 'off', true);
    v_none := set_config('enable_hashjoin', 'off', true);
    v_none := set_config('enable_mergejoin', 'off', true);
    IF p_hasty THEN
        v_none := set_config('lock_timeout', p_wait, true);
    END IF;

    -- Who gives it, the offering, whether anybody serves its pool now, and the minutes left.
    SELECT array_agg(a.goes ORDER BY a.place), array_agg(a.minutes ORDER BY a.place),
        array_agg(a.staff ORDER BY a.place),
        array_agg(a.place ORDER BY a.token) FILTER (WHERE a.token IS NOT NULL),
        array_agg(a.place ORDER BY a.centre, a.letter, a.day, a.place)
    INTO v_goes, v_left, p_actor, v_due, v_in_turn
    FROM (
        SELECT a.place::integer AS place, a.centre, a.letter, a.day, today.minutes,
            (a.token_hash IS NULL OR (who.centre = a.centre) IS TRUE)
                AND as_known.so IS TRUE AND today.open IS TRUE AS goes,
            CASE WHEN a.token_hash IS NULL THEN a.actor ELSE who.staff END AS staff,
            CASE WHEN who.used_at IS NULL OR who.used_at <= a.real - interval '1 minute'
                THEN who.token END AS token
        FROM unnest(p_token_hash, p_code, p_roles, p_real, p_actor, p_centre, p_letter, p_offering,
                p_pool, p_terms, p_last, p_for_sale_until, p_day, p_now) WITH ORDINALITY
            AS a(token_hash, code, roles, real, actor, centre, letter, offering,
                pool, terms, last, for_sale_until, day, now, place)
        LEFT JOIN LATERAL people_staff_of(a.token_hash, a.code, a.roles::text[], a.real) AS who
            ON true
        LEFT JOIN LATERAL (
            SELECT true AS so
            FROM centres_offering AS o JOIN centres_service AS s ON s.id = o.service_id
                JOIN centres_centre AS c ON c.id = o.centre_id
                JOIN centres_servicegroup AS g ON g.id = o.group_id
            WHERE o.id = a.offering AND o.active AND s.active AND c.active
              AND o.walk_ins AND c.walk_ins
              AND a.terms = o.pool_id || '|' || o.group_id || '|' || g.letter || '|'
                || coalesce(nullif(o.duration_override, 0), s.duration_minutes)
                || '|' || s.id || '|' || s.code || '|' || c.id || '|' || c.code
                || '|' || c.timezone || '|' || c.agency_id || '|' || c.directorate_id
        ) AS as_known ON true
        CROSS JOIN LATERAL (
            SELECT bool_or(i.starts_at <= a.now AND i.capacity > 0) AS open,
                sum(
                    (greatest(i.capacity - i.taken_public - i.taken_staff, 0) - CASE
                        WHEN i.starts_at >= a.for_sale_until AND i.shortfall = 0 THEN least(
                            greatest(i.capacity - i.taken_public - i.taken_staff, 0),
                            greatest(i.capacity - i.staff_reserve - i.walk_in_reserve
                                - i.taken_public - i.cooling, 0)
                        )
                        ELSE 0
                    END) * extract(epoch FROM i.ends_at - greatest(i.starts_at, a.now))::float8 / 60
                ) AS minutes
            FROM availability_interval AS i
            WHERE i.pool_id = a.pool AND i.starts_at > a.now - interval '15 minutes'
              AND i.starts_at <= a.last AND i.ends_at > a.now
        ) AS today
    ) AS a;

    IF v_due IS NOT NULL THEN
        FOREACH i IN ARRAY v_due LOOP
            PERFORM people_staff_at(p_token_hash[i], p_code[i], p_roles[i]::text[], p_real[i]);
        END LOOP;
    END IF;

    -- A concurrent repeat waits here for the first one, but not for ever.
    v_none := set_config('lock_timeout', p_wait, true);
    WITH wanted AS (
        SELECT a.*,
            CASE WHEN a.token_hash IS NULL THEN a.actor ELSE a.kind || ':' || a.staff END AS by
        FROM unnest(p_token_hash, p_key_actor, p_actor_kind, p_actor, p_key, p_body_hash, p_result,
                p_real, v_goes) WITH ORDINALITY
            AS a(token_hash, actor, kind, staff, key, body_hash, result, real, goes, place)
    ), kept AS (
        INSERT INTO kernel_idempotencykey AS k (actor, key, body_hash, result, created_at)
        SELECT a.by, a.key, a.body_hash, a.result, a.real
        FROM wanted AS a WHERE a.goes AND a.key IS NOT NULL
        ORDER BY a.by COLLATE "C", a.key COLLATE "C", a.place
        ON CONFLICT (actor, key) DO NOTHING RETURNING k.id, k.actor, k.key
    )
    SELECT array_agg(k.id ORDER BY a.place), array_agg(a.by ORDER BY a.place)
    INTO v_kept, p_key_actor
    FROM wanted AS a LEFT JOIN kept AS k ON a.goes AND k.actor = a.by AND k.key = a.key;
    IF NOT p_hasty THEN
        v_none := set_config('lock_timeout', v_setting, true);
    END IF;
    FOR i IN 1..v_all LOOP
        IF v_goes[i] AND p_key[i] IS NOT NULL
            AND (v_kept[i] IS NULL OR array_position(v_kept, v_kept[i]) < i)
        THEN
            v_goes[i] := false;
            v_outcome[i] := 'known';
        END IF;
    END LOOP;

    IF array_to_string(p_mobile, '') <> '' THEN
        -- As kernel.database.take_turns: one open ticket per mobile, offering and class.
        PERFORM pg_advisory_xact_lock(hashtextextended(a.name, 0))
        FROM (
            SELECT DISTINCT 'walk-in:' || a.offering || ':' || a.mobile COLLATE "C" AS name
            FROM unnest(p_offering, p_mobile, v_goes) AS a(offering, mobile, goes)
            WHERE a.goes AND a.mobile <> '' ORDER BY name
        ) AS a;
        SELECT array_agg(a.held ORDER BY a.place) INTO v_held FROM (
            SELECT a.place, a.mobile <> '' AND (
                EXISTS (
                    SELECT FROM hall_ticket AS t
                    WHERE t.offering_id = a.offering AND t.day = a.day
                      AND t.state IN ('waiting', 'called', 'serving', 'parked')
                      AND t.priority_class = a.class AND t.mobile = a.mobile
                      AND t.appointment_id IS NULL
                ) OR row_number() OVER (
                    PARTITION BY a.goes, a.offering, a.mobile, a.day, a.class ORDER BY a.place
                ) > 1
            ) AS held
            FROM unnest(p_offering, p_mobile, p_day, p_class, v_goes) WITH ORDINALITY
                AS a(offering, mobile, day, class, goes, place)
        ) AS a;
        FOR i IN 1..v_all LOOP
            v_goes[i] := v_goes[i] AND NOT v_held[i];
        END LOOP;
    END IF;

    WHILE v_begin <= v_all LOOP
        -- All that want a number of the same letter; its row is the letter's turn, so that a burst
        -- is admitted one by one.
        v_place := v_in_turn[v_begin];
        v_end := v_begin;
        v_wanted := 0;
        WHILE v_end <= v_all AND p_letter[v_in_turn[v_end]] = p_letter[v_place]
            AND p_centre[v_in_turn[v_end]] = p_centre[v_place]
            AND p_day[v_in_turn[v_end]] = p_day[v_place]
        LOOP
            IF v_goes[v_in_turn[v_end]] THEN
                v_wanted := v_wanted + 1;
            END IF;
            v_end := v_end + 1;
        END LOOP;
        IF v_wanted > 0 THEN
            UPDATE hall_numberseries AS n SET last_number = n.last_number + v_wanted
            WHERE n.centre_id = p_centre[v_place] AND n.letter = p_letter[v_place]
              AND n.day = p_day[v_place]
            RETURNING n.last_number INTO v_last;
            IF NOT FOUND THEN
                INSERT INTO hall_numberseries AS n (centre_id, letter, day, last_number)
                VALUES (p_centre[v_place], p_letter[v_place], p_day[v_place], v_wanted)
                ON CONFLICT (centre_id, letter, day)
                    DO UPDATE SET last_number = n.last_number + v_wanted
                RETURNING n.last_number INTO v_last;
            END IF;
            v_last := v_last - v_wanted;
            v_pools := '{}';
            FOREACH i IN ARRAY v_in_turn[v_begin:v_end - 1] LOOP
                CONTINUE WHEN NOT v_goes[i];
                IF p_limited[i] THEN
                    v_pool := array_position(v_pools, p_pool[i]);
                    IF v_pool IS NULL THEN
                        -- Minutes owed to open tickets of the pool that hold no place in the rest,
                        -- and to those of this call.
                        SELECT coalesce(
                            sum(owed.share * coalesce(o.duration_override, s.duration_minutes)), 0
                        ) INTO v_promised
                        FROM (
                            SELECT t.offering_id,
                                sum(CASE WHEN t.state IN ('waiting', 'parked') THEN 1
                                    ELSE 0.5::float8 END) AS share
                            FROM hall_ticket AS t
                            WHERE t.pool_id = p_pool[i] AND t.day = p_day[i]
                              AND t.state IN ('waiting', 'called', 'serving', 'parked')
                              AND CASE WHEN t.appointment_id IS NULL THEN true ELSE (
                                    SELECT a.state = 'no_show' OR a.ends_at <= p_now[i]
                                    FROM booking_appointment AS a WHERE a.id = t.appointment_id
                              ) END
                            GROUP BY t.offering_id
                        ) AS owed JOIN centres_offering AS o ON o.id = owed.offering_id
                            JOIN centres_service AS s ON s.id = o.service_id;
                        v_pools := v_pools || p_pool[i];
                        v_pool := cardinality(v_pools);
                        v_owed[v_pool] := v_promised + coalesce((
                            SELECT sum(a.minutes)
                            FROM unnest(p_pool, p_minutes, v_number) AS a(pool, minutes, number)
                            WHERE a.pool = p_pool[i] AND a.number IS NOT NULL
                        ), 0);
                    END IF;
                    CONTINUE WHEN v_owed[v_pool] + p_minutes[i] > v_left[i];
                END IF;
                v_pool := array_position(v_pools, p_pool[i]);
                IF v_pool IS NOT NULL THEN
                    v_owed[v_pool] := v_owed[v_pool] + p_minutes[i];
                END IF;
                v_last := v_last + 1;
                v_wanted := v_wanted - 1;
                v_outcome[i] := 'issued';
                v_number[i] := p_letter[i] || CASE WHEN v_last < 1000
                    THEN lpad(v_last::text, 3, '0') ELSE v_last::text END;
            END LOOP;
            IF v_wanted > 0 THEN
                -- What is left over was given to nobody.
                IF v_last = 0 THEN
                    DELETE FROM hall_numberseries AS n
                    WHERE n.centre_id = p_centre[v_place] AND n.letter = p_letter[v_place]
                      AND n.day = p_day[v_place];
                ELSE
                    UPDATE hall_numberseries AS n SET last_number = v_last
                    WHERE n.centre_id = p_centre[v_place] AND n.letter = p_letter[v_place]
                      AND n.day = p_day[v_place];
                END IF;
            END IF;
        END IF;
        v_begin := v_end;
    END LOOP;

    IF 'issued' = ANY (v_outcome) THEN
        WITH wanted AS (
            SELECT * FROM unnest(p_agency, p_centre, p_day, p_group, v_number, p_secret, p_offering,
                p_pool, p_mobile, p_language, p_class, p_now, p_actor_kind, p_actor, p_topics,
                v_kept, p_result) WITH ORDINALITY
                AS a(agency, centre, day, grp, number, secret, offering,
                pool, mobile, language, class, now, actor_kind, actor, topics, kept, result, place)
        ), made AS (
            INSERT INTO hall_ticket (
                agency_id, centre_id, day, group_id, number, secret, offering_id, pool_id, mobile,
                language, state, priority_class, late, due_at, more_time_used, printed, calls,
                created_at
            ) SELECT
                a.agency, a.centre, a.day, a.grp, a.number, a.secret, a.offering, a.pool, a.mobile,
                a.language, 'waiting', a.class, false, a.now, 0, 0, 0, a.now
            FROM wanted AS a WHERE a.number IS NOT NULL ORDER BY a.place
            RETURNING id, secret
        ), given AS MATERIALIZED (
            SELECT made.id, a.* FROM wanted AS a LEFT JOIN made ON made.secret = a.secret
        ), recorded AS (
            INSERT INTO kernel_history (
                day, at, subject_kind, subject_id, agency_id, centre_id, from_state, to_state,
                actor_kind, actor_id, reason, details
            ) SELECT a.day, a.now, 'ticket', a.id, a.agency, a.centre, '', 'waiting',
                a.actor_kind, a.actor, '', '{"event": "ticket_issued"}'
            FROM given AS a WHERE a.id IS NOT NULL
        ), sent AS (
            INSERT INTO kernel_outboxevent (
                day, at, kind, subject_kind, subject_id, centre_id, topics, payload, fanned_out
            ) SELECT a.day, a.now, 'ticket_issued', 'ticket', a.id, a.centre, a.topics,
                jsonb_build_object('ticket_id', a.id), false
            FROM given AS a WHERE a.id IS NOT NULL
        ), answered AS (
            UPDATE kernel_idempotencykey AS k
            SET result = jsonb_set(a.result, '{ticket,number}', to_jsonb(a.number))
            FROM given AS a WHERE k.id = a.kept AND a.id IS NOT NULL
        )
        SELECT array_agg(a.id ORDER BY a.place) INTO v_ticket FROM given AS a;
    END IF;
    IF 'other_path' = ANY (v_outcome) THEN
        DELETE FROM kernel_idempotencykey AS k
        USING unnest(v_kept, v_outcome) AS a(kept, outcome)
        WHERE k.id = a.kept AND a.outcome = 'other_path';
    END IF;
    IF 'known' = ANY (v_outcome) THEN
        SELECT jsonb_object_agg(
            a.place, jsonb_build_array(k.body_hash, k.result, extract(epoch FROM k.created_at))
        ) INTO v_known
        FROM unnest(p_key_actor, p_key, v_outcome) WITH ORDINALITY AS a(actor, key, outcome, place)
            JOIN kernel_idempotencykey AS k ON k.actor = a.actor AND k.key = a.key
        WHERE a.outcome = 'known';
    END IF;
    told := jsonb_build_object('outcome', v_outcome, 'ticket', v_ticket, 'number', v_number,
        'known', v_known);

    IF p_whole THEN
        v_none := set_config('synchronous_commit', 'off', true);
        COMMIT;
        IF v_ticket IS NOT NULL OR v_known IS NOT NULL THEN
            -- A word in the log, whose own commit waits for the disk: all before it is there too.
            v_none := pg_logical_emit_message(true, 'mawaeed', '')::text;
        END IF;
    END IF;
END;
$$;
