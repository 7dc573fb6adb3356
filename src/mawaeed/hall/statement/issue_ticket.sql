-- One ticket without an appointment, in one round trip: what hall.actions.issue_walk_in does for the
-- ordinary case, with the same locks in the same order (docs/locking.md).
--
-- The outcome is `issued`, `known` (the idempotency key has its answer already) or `other_path`: not
-- ordinary after all, nothing was written, and the plain path does it or says why not.
--
-- A letter's numbers are given one after another, by the row of its series. Where this call is the
-- whole transaction, that row is free for the next one as soon as everything is written; only then,
-- together with all others, does each wait for the disk, and answers when it is there. Whoever
-- builds on what is not there yet comes after it in the log, so it is never there without it.
CREATE OR REPLACE PROCEDURE hall_issue_ticket(
    -- Who gives it where they come with a token only (people_staff_at); else null, and the actor
    -- and whose key it is are given.
    p_token_hash text, p_code text, p_roles text[], p_real timestamptz,
    -- Who repeats what, and the answer without its number; no key: nothing is kept.
    p_key_actor text, p_key text, p_body_hash text, p_result jsonb,
    -- For what; the terms are the offering as the caller knows it (hall.statement.issuing).
    p_agency bigint, p_centre bigint, p_group bigint, p_letter text, p_offering bigint,
    p_pool bigint, p_minutes double precision, p_terms text,
    -- For whom.
    p_secret text, p_mobile text, p_language text, p_class text,
    -- What is looked at of the pool's day: up to its last moment where the room is limited, else
    -- no more than now; what is still for sale counts only where it begins before the other.
    p_limited boolean, p_last timestamptz, p_for_sale_until timestamptz,
    -- History and outbox.
    p_day date, p_now timestamptz, p_actor_kind text, p_actor bigint, p_topics text,
    -- Whether this call is the whole transaction.
    p_alone boolean,
    OUT outcome text, OUT ticket bigint, OUT number text,
    OUT known_hash text, OUT known_result jsonb, OUT known_at float8
) LANGUAGE plpgsql AS $$
DECLARE
    v_who record;
    v_key bigint;
    v_wait text;
    v_as_known boolean;
    v_open boolean;
    v_left double precision;
    v_promised double precision;
    v_number integer;
BEGIN
    -- Every statement below reads by a key, the checks of foreign keys at the end too: one plan
    -- serves whatever the values, from a connection's first call on. Never by reading a table
    -- through: the few rows of the series leave hundreds of dead ones behind in a busy minute.
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true);

    IF p_token_hash IS NOT NULL THEN
        v_who := people_staff_at(p_token_hash, p_code, p_roles, p_real);
        IF v_who.staff IS NULL OR v_who.centre <> p_centre THEN
            outcome := 'other_path';
        END IF;
        p_actor := v_who.staff;
        p_key_actor := p_actor_kind || ':' || v_who.staff;
    END IF;

    IF outcome IS NULL AND p_key IS NOT NULL THEN
        -- A concurrent repeat waits here for the first one, but not for ever.
        v_wait := current_setting('lock_timeout');
        PERFORM set_config('lock_timeout', '5s', true);
        INSERT INTO kernel_idempotencykey AS k (actor, key, body_hash, result, created_at)
        VALUES (p_key_actor, p_key, p_body_hash, p_result, p_real)
        ON CONFLICT (actor, key) DO NOTHING RETURNING k.id INTO v_key;
        PERFORM set_config('lock_timeout', v_wait, true);
        IF v_key IS NULL THEN
            outcome := 'known';
            SELECT k.body_hash, k.result, extract(epoch FROM k.created_at)
            INTO known_hash, known_result, known_at
            FROM kernel_idempotencykey AS k WHERE k.actor = p_key_actor AND k.key = p_key;
        END IF;
    END IF;

    IF outcome IS NULL THEN
        -- The offering, whether anybody serves its pool now, and the minutes left of the day.
        SELECT p_terms IS NOT DISTINCT FROM (
                SELECT o.pool_id || '|' || o.group_id || '|' || g.letter || '|'
                    || coalesce(nullif(o.duration_override, 0), s.duration_minutes)
                    || '|' || s.id || '|' || s.code || '|' || c.id || '|' || c.code
                    || '|' || c.timezone || '|' || c.agency_id || '|' || c.directorate_id
                FROM centres_offering AS o JOIN centres_service AS s ON s.id = o.service_id
                    JOIN centres_centre AS c ON c.id = o.centre_id
                    JOIN centres_servicegroup AS g ON g.id = o.group_id
                WHERE o.id = p_offering AND o.active AND s.active AND c.active
                  AND o.walk_ins AND c.walk_ins
            ),
            bool_or(i.starts_at <= p_now AND i.capacity > 0),
            sum(
                (greatest(i.capacity - i.taken_public - i.taken_staff, 0) - CASE
                    WHEN i.starts_at >= p_for_sale_until AND i.shortfall = 0 THEN least(
                        greatest(i.capacity - i.taken_public - i.taken_staff, 0),
                        greatest(i.capacity - i.staff_reserve - i.walk_in_reserve
                            - i.taken_public - i.cooling, 0)
                    )
                    ELSE 0
                END) * extract(epoch FROM i.ends_at - greatest(i.starts_at, p_now))::float8 / 60
            )
        INTO v_as_known, v_open, v_left
        FROM availability_interval AS i
        WHERE i.pool_id = p_pool AND i.starts_at > p_now - interval '15 minutes'
          AND i.starts_at <= p_last AND i.ends_at > p_now;
        IF NOT v_as_known OR v_open IS NOT TRUE THEN
            outcome := 'other_path';
        END IF;
    END IF;

    IF outcome IS NULL AND p_mobile <> '' THEN
        -- As kernel.database.take_turns: one open ticket per mobile, offering and class.
        PERFORM pg_advisory_xact_lock(
            hashtextextended('walk-in:' || p_offering || ':' || p_mobile, 0)
        );
        PERFORM FROM hall_ticket AS t
        WHERE t.offering_id = p_offering AND t.day = p_day
          AND t.state IN ('waiting', 'called', 'serving', 'parked')
          AND t.priority_class = p_class AND t.mobile = p_mobile AND t.appointment_id IS NULL;
        IF FOUND THEN
            outcome := 'other_path';
        END IF;
    END IF;

    IF outcome IS NULL THEN
        -- The number: its row is the letter's turn, so that a burst is admitted one by one.
        UPDATE hall_numberseries AS n SET last_number = n.last_number + 1
        WHERE n.centre_id = p_centre AND n.letter = p_letter AND n.day = p_day
        RETURNING n.last_number INTO v_number;
        IF NOT FOUND THEN
            INSERT INTO hall_numberseries AS n (centre_id, letter, day, last_number)
            VALUES (p_centre, p_letter, p_day, 1)
            ON CONFLICT (centre_id, letter, day) DO UPDATE SET last_number = n.last_number + 1
            RETURNING n.last_number INTO v_number;
        END IF;
        IF p_limited THEN
            -- Minutes owed to open tickets of the pool that hold no place in what is left.
            SELECT coalesce(sum(owed.share * coalesce(o.duration_override, s.duration_minutes)), 0)
            INTO v_promised
            FROM (
                SELECT t.offering_id,
                    sum(CASE WHEN t.state IN ('waiting', 'parked') THEN 1 ELSE 0.5::float8 END)
                        AS share
                FROM hall_ticket AS t
                WHERE t.pool_id = p_pool AND t.day = p_day
                  AND t.state IN ('waiting', 'called', 'serving', 'parked')
                  AND CASE WHEN t.appointment_id IS NULL THEN true ELSE (
                        SELECT a.state = 'no_show' OR a.ends_at <= p_now
                        FROM booking_appointment AS a WHERE a.id = t.appointment_id
                  ) END
                GROUP BY t.offering_id
            ) AS owed JOIN centres_offering AS o ON o.id = owed.offering_id
                JOIN centres_service AS s ON s.id = o.service_id;
            IF v_promised + p_minutes > v_left THEN
                outcome := 'other_path';
                IF v_number = 1 THEN
                    DELETE FROM hall_numberseries AS n
                    WHERE n.centre_id = p_centre AND n.letter = p_letter AND n.day = p_day;
                ELSE
                    UPDATE hall_numberseries AS n SET last_number = n.last_number - 1
                    WHERE n.centre_id = p_centre AND n.letter = p_letter AND n.day = p_day;
                END IF;
            END IF;
        END IF;
    END IF;

    IF outcome IS NULL THEN
        number := p_letter || CASE WHEN v_number < 1000 THEN lpad(v_number::text, 3, '0')
            ELSE v_number::text END;
        WITH made AS (
            INSERT INTO hall_ticket (
                agency_id, centre_id, day, group_id, number, secret, offering_id, pool_id, mobile,
                language, state, priority_class, late, due_at, more_time_used, printed, calls,
                created_at
            ) VALUES (
                p_agency, p_centre, p_day, p_group, number, p_secret, p_offering, p_pool, p_mobile,
                p_language, 'waiting', p_class, false, p_now, 0, 0, 0, p_now
            ) RETURNING id
        ), recorded AS (
            INSERT INTO kernel_history (
                day, at, subject_kind, subject_id, agency_id, centre_id, from_state, to_state,
                actor_kind, actor_id, reason, details
            ) SELECT p_day, p_now, 'ticket', made.id, p_agency, p_centre, '', 'waiting',
                p_actor_kind, p_actor, '', '{"event": "ticket_issued"}'
            FROM made
        ), told AS (
            INSERT INTO kernel_outboxevent (
                day, at, kind, subject_kind, subject_id, centre_id, topics, payload, fanned_out
            ) SELECT p_day, p_now, 'ticket_issued', 'ticket', made.id, p_centre, p_topics,
                jsonb_build_object('ticket_id', made.id), false
            FROM made
        ), answered AS (
            UPDATE kernel_idempotencykey AS k
            SET result = jsonb_set(p_result, '{ticket,number}', to_jsonb(number))
            WHERE k.id = v_key
        )
        SELECT made.id INTO ticket FROM made;
        outcome := 'issued';
    ELSIF outcome = 'other_path' THEN
        DELETE FROM kernel_idempotencykey AS k WHERE k.id = v_key;
    END IF;

    IF p_alone THEN
        PERFORM set_config('synchronous_commit', 'off', true);
        COMMIT;
        IF outcome <> 'other_path' THEN
            -- A word in the log, whose own commit waits for the disk: all before it is there too.
            PERFORM pg_logical_emit_message(true, 'mawaeed', '');
        END IF;
    END IF;
END;
$$;
