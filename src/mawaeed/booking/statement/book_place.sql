-- One public place for one appointment, in one round trip: what booking.actions.book does for the
-- ordinary case, with the same locks in the same order (docs/locking.md).
--
-- Everything is checked under lock before anything is written, so that a refusal leaves nothing
-- behind but an empty limit row. The outcome is `booked`, `known` (the idempotency key has its answer already), the code
-- of a refusal, or `other_path`: not ordinary after all, nothing was written.
CREATE OR REPLACE FUNCTION booking_book_place(
    -- Who repeats what; no key: nothing is kept.
    p_key_actor text, p_key text, p_body_hash text, p_result jsonb, p_real timestamptz,
    -- Who books for whom.
    p_person bigint, p_beneficiary bigint, p_companion bigint,
    -- What, where and when.
    p_agency bigint, p_offering bigint, p_service bigint, p_centre bigint, p_pool bigint,
    p_starts timestamptz, p_ends timestamptz, p_day date,
    -- How many are allowed.
    p_limit integer, p_cap integer,
    -- The offering as the caller knows it (booking.statement.terms).
    p_terms text,
    -- The row's own values.
    p_reference text, p_secret text, p_channel text, p_staff bigint, p_confirmed timestamptz,
    -- History and outbox.
    p_now timestamptz, p_today date, p_actor_kind text, p_actor bigint, p_topics text,
    -- Whether this call is the whole transaction.
    p_alone boolean,
    OUT outcome text, OUT appointment bigint, OUT ordinal integer, OUT until timestamptz,
    OUT known_hash text, OUT known_result jsonb, OUT known_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    v_key bigint;
    v_wait text;
    v_active integer;
    v_changed boolean;
    v_superseded boolean;
    v_holds boolean;
    v_hold bigint;
    v_hold_fits boolean;
    v_rows bigint[];
    v_sessions integer;
    v_session bigint;
    v_from timestamptz;
    v_to timestamptz;
    v_free boolean;
    v_after bigint;
    v_step integer;
BEGIN
    -- Every statement below reads by a key, the checks of foreign keys at the end too: one plan
    -- serves whatever the values, from a connection's first call on, and however few rows a table
    -- had then.
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true);

    IF p_key IS NOT NULL THEN
        -- A concurrent repeat waits here for the first one, but not for ever.
        v_wait := current_setting('lock_timeout');
        PERFORM set_config('lock_timeout', '5s', true);
        INSERT INTO kernel_idempotencykey AS k (actor, key, body_hash, result, created_at)
        VALUES (p_key_actor, p_key, p_body_hash, p_result, p_real)
        ON CONFLICT (actor, key) DO NOTHING RETURNING k.id INTO v_key;
        PERFORM set_config('lock_timeout', v_wait, true);
        IF v_key IS NULL THEN
            outcome := 'known';
            SELECT k.body_hash, k.result, k.created_at INTO known_hash, known_result, known_at
            FROM kernel_idempotencykey AS k WHERE k.actor = p_key_actor AND k.key = p_key;
            RETURN;
        END IF;
    END IF;

    SELECT s.active_count, s.blocked_until INTO v_active, until
    FROM conduct_standing AS s WHERE s.person_id = p_person FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO conduct_standing (person_id, active_count) VALUES (p_person, 0)
        ON CONFLICT (person_id) DO NOTHING;
        SELECT s.active_count, s.blocked_until INTO v_active, until
        FROM conduct_standing AS s WHERE s.person_id = p_person FOR UPDATE;
    END IF;

    -- Under the limit row: the offering, the account, the smallest free limit number, what the
    -- person holds.
    SELECT p_terms IS DISTINCT FROM (
            SELECT o.pool_id || '|' || coalesce(nullif(o.duration_override, 0), s.duration_minutes)
                || '|' || s.id || '|' || s.code || '|' || s.limit_per_beneficiary
                || '|' || s.people_present || '|' || c.id || '|' || c.code || '|' || c.timezone
                || '|' || c.agency_id || '|' || c.directorate_id
            FROM centres_offering AS o JOIN centres_service AS s ON s.id = o.service_id
                JOIN centres_centre AS c ON c.id = o.centre_id
            WHERE o.id = p_offering AND o.active AND s.active AND c.active
        ),
        p.superseded_at IS NOT NULL,
        (SELECT n FROM generate_series(1, p_limit) AS n WHERE NOT EXISTS (
            SELECT FROM booking_appointment AS a
            WHERE a.beneficiary_id = p_beneficiary AND a.service_id = p_service
              AND a.limit_ordinal = n AND a.state IN ('booked', 'checked_in')
        ) ORDER BY n LIMIT 1),
        EXISTS (SELECT FROM booking_hold AS h WHERE h.person_id = p_person)
    INTO v_changed, v_superseded, ordinal, v_holds FROM people_person AS p WHERE p.id = p_person;
    outcome := CASE
        WHEN v_changed THEN 'other_path'
        WHEN v_superseded THEN 'stale'
        WHEN until > p_now THEN 'blocked'
        WHEN v_active >= p_cap THEN 'limit_reached'
        WHEN ordinal IS NULL THEN 'already_booked'
    END;

    IF outcome IS NULL AND v_holds THEN
        -- What the person holds is given up for it; only a hold of this very place is ordinary.
        SELECT h.id, h.purpose = 'form' AND h.pool_id = p_pool AND h.starts_at = p_starts
            AND h.ends_at = p_ends AND h.places = 'public'
        INTO v_hold, v_hold_fits FROM booking_hold AS h
        WHERE h.person_id = p_person
          AND (h.purpose = 'form' OR (h.pool_id = p_pool AND h.starts_at = p_starts))
        ORDER BY 2 LIMIT 1 FOR UPDATE;
        IF NOT v_hold_fits THEN
            outcome := 'other_path';
        END IF;
    END IF;

    IF outcome IS NULL THEN
        SELECT place.*, extract(epoch FROM p_starts - s.starts_at)::bigint, p.start_step_minutes
        INTO v_rows, v_sessions, v_session, v_from, v_to, v_free, v_after, v_step
        FROM (
            SELECT array_agg(r.id), count(DISTINCT r.session_id), min(r.session_id) AS session_id,
                min(r.starts_at), max(r.ends_at), bool_and(r.free)
            FROM (
                SELECT i.id, i.session_id, i.starts_at, i.ends_at,
                    i.shortfall = 0 AND i.capacity > i.staff_reserve + i.walk_in_reserve
                        + i.withheld + i.taken_public + i.cooling AS free
                FROM availability_interval AS i
                WHERE i.pool_id = p_pool AND i.starts_at >= p_starts AND i.starts_at < p_ends
                ORDER BY i.pool_id, i.starts_at FOR UPDATE
            ) AS r
        ) AS place
        LEFT JOIN availability_session AS s ON s.id = place.session_id
        LEFT JOIN centres_pool AS p ON p.id = p_pool;
        IF v_sessions <> 1 OR v_from <> p_starts OR v_to < p_ends OR v_after % (v_step * 60) <> 0
        THEN
            outcome := 'closed';
        ELSIF v_hold IS NULL AND NOT v_free THEN
            -- A hold that is over may still take the place; the plain path reclaims it.
            PERFORM FROM booking_hold AS h
            WHERE h.pool_id = p_pool AND h.starts_at < p_ends AND h.ends_at > p_starts
              AND h.expires_at <= p_now;
            outcome := CASE WHEN FOUND THEN 'other_path' ELSE 'slot_taken' END;
        END IF;
    END IF;

    IF outcome IS NOT NULL THEN
        DELETE FROM kernel_idempotencykey AS k WHERE k.id = v_key;
        IF p_alone THEN
            -- Nothing is promised, so nobody waits for the disk.
            PERFORM set_config('synchronous_commit', 'off', true);
        END IF;
        RETURN;
    END IF;

    IF v_hold IS NOT NULL THEN
        DELETE FROM booking_hold AS h WHERE h.id = v_hold;  -- its places become the booking's
        v_rows := '{}';
    END IF;
    WITH taken AS (
        UPDATE availability_interval AS i SET taken_public = i.taken_public + 1
        WHERE i.id = ANY (v_rows)
    ), counted AS (
        UPDATE conduct_standing AS s SET active_count = s.active_count + 1
        WHERE s.person_id = p_person
    ), made AS (
        INSERT INTO booking_appointment (
            reference, secret, agency_id, person_id, beneficiary_id, companion_id, offering_id,
            service_id, centre_id, pool_id, day, starts_at, ends_at, places, state, limit_ordinal,
            moves, created_at, leg, channel, staff_id, reserve_reason, confirmed_at
        ) VALUES (
            p_reference, p_secret, p_agency, p_person, p_beneficiary, p_companion, p_offering,
            p_service, p_centre, p_pool, p_day, p_starts, p_ends, 'public', 'booked', ordinal,
            0, p_now, 1, p_channel, p_staff, '', p_confirmed
        ) RETURNING id
    ), recorded AS (
        INSERT INTO kernel_history (
            day, at, subject_kind, subject_id, agency_id, centre_id, from_state, to_state,
            actor_kind, actor_id, reason, details
        ) SELECT p_today, p_now, 'appointment', made.id, p_agency, p_centre, '', 'booked',
            p_actor_kind, p_actor, '', '{"event": "appointment_booked"}'
        FROM made
    )
    INSERT INTO kernel_outboxevent AS e (
        day, at, kind, subject_kind, subject_id, centre_id, topics, payload, fanned_out
    ) SELECT p_today, p_now, 'appointment_booked', 'appointment', made.id, p_centre, p_topics,
        '{}', false
    FROM made RETURNING e.subject_id INTO appointment;
    outcome := 'booked';
END;
$$;
