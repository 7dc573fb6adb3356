-- What every press at a counter shares: whose counter it is, the key of a repeated request, what is
-- told of a change, and the answer. Each runs inside its caller's transaction.

-- The counter somebody works at, and the pool it feeds now: its own, or the one it is lent to.
CREATE OR REPLACE FUNCTION hall_at_work(
    p_staff bigint, p_centre bigint, p_now timestamptz,
    OUT session bigint, OUT counter bigint, OUT number integer, OUT pool bigint,
    OUT code text, OUT zone text, OUT profiles boolean
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.id, c.id, c.number, z.code, z.timezone,
        coalesce((
            SELECT lent.to_pool_id FROM availability_counterabsence AS lent
            WHERE lent.counter_id = c.id AND lent.undone_at IS NULL
              AND lent.to_pool_id IS NOT NULL AND lent.starts_at <= p_now AND lent.ends_at > p_now
            ORDER BY lent.id LIMIT 1
        ), c.pool_id),
        EXISTS (
            SELECT FROM hall_profile AS p JOIN hall_counterprofile AS w ON w.profile_id = p.id
            WHERE p.centre_id = c.centre_id AND p.active
        )
    INTO session, counter, number, code, zone, pool, profiles
    FROM hall_countersession AS s
    JOIN centres_counter AS c ON c.id = s.counter_id
    JOIN centres_centre AS z ON z.id = c.centre_id
    WHERE s.staff_id = p_staff AND s.closed_at IS NULL AND c.centre_id = p_centre;
END;
$$;

-- Takes the key of a repeatable request; null where it has an answer already. The answer is
-- written under it by hall_keep_answer.
CREATE OR REPLACE FUNCTION hall_take_key(
    p_key_actor text, p_key text, p_body_hash text, p_real timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_key bigint;
    v_wait text := current_setting('lock_timeout');
BEGIN
    -- A concurrent repeat waits here for the first one, but not for ever.
    IF v_wait = '0' THEN
        PERFORM set_config('lock_timeout', '5s', true);
    END IF;
    INSERT INTO kernel_idempotencykey AS k (actor, key, body_hash, result, created_at)
    VALUES (p_key_actor, p_key, p_body_hash, '{}', p_real)
    ON CONFLICT (actor, key) DO NOTHING RETURNING k.id INTO v_key;
    PERFORM set_config('lock_timeout', v_wait, true);
    RETURN v_key;
END;
$$;

-- The history row and the event of a ticket that has changed (hall.actions.changes.tell).
CREATE OR REPLACE FUNCTION hall_tell(
    p_ticket hall_ticket, p_code text, p_event text, p_from text, p_details jsonb,
    p_now timestamptz, p_actor_kind text, p_actor bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH recorded AS (
        INSERT INTO kernel_history (
            day, at, subject_kind, subject_id, agency_id, centre_id, from_state, to_state,
            actor_kind, actor_id, reason, details
        ) VALUES (
            p_ticket.day, p_now, 'ticket', p_ticket.id, p_ticket.agency_id, p_ticket.centre_id,
            p_from, p_ticket.state, p_actor_kind, p_actor, '',
            p_details || jsonb_build_object('event', p_event)
        )
    )
    INSERT INTO kernel_outboxevent (
        day, at, kind, subject_kind, subject_id, centre_id, topics, payload, fanned_out
    ) VALUES (
        p_ticket.day, p_now, p_event, 'ticket', p_ticket.id, p_ticket.centre_id,
        'hall:' || p_code || ' ticket:'
            || left(encode(sha256(convert_to(p_ticket.secret, 'UTF8')), 'hex'), 16),
        jsonb_build_object('ticket_id', p_ticket.id), false
    );
END;
$$;

-- Gives the answer (hall.answers.counter_shaped), kept under the key from now on. A ticket that is
-- null: the counter has nobody.
CREATE OR REPLACE FUNCTION hall_keep_answer(
    p_key bigint, p_number integer, p_zone text, p_ticket hall_ticket
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_ticket json;
    v_answer json;
    v_offset interval;
BEGIN
    IF p_ticket.id IS NOT NULL THEN
        v_offset := (p_ticket.due_at AT TIME ZONE p_zone) - (p_ticket.due_at AT TIME ZONE 'UTC');
        v_ticket := json_build_object(
            'number', p_ticket.number,
            'state', p_ticket.state,
            'service', (
                SELECT s.code FROM centres_offering AS o
                JOIN centres_service AS s ON s.id = o.service_id WHERE o.id = p_ticket.offering_id
            ),
            'priority_class', p_ticket.priority_class,
            'due_at', to_char(p_ticket.due_at AT TIME ZONE p_zone, 'YYYY-MM-DD"T"HH24:MI:SS')
                || CASE WHEN v_offset < '0' THEN '-' ELSE '+' END
                || to_char(greatest(v_offset, -v_offset), 'HH24:MI'),
            'calls', p_ticket.calls,
            'counter', p_number
        );
    END IF;
    v_answer := json_build_object('counter', p_number, 'open', true, 'ticket', v_ticket);
    UPDATE kernel_idempotencykey AS k SET result = v_answer::jsonb WHERE k.id = p_key;
    RETURN v_answer::text;
END;
$$;
