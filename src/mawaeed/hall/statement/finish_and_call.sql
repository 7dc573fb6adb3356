-- An ordinary press of “finish and call the next”, in one round trip: what
-- hall.actions.finish_and_call does, with the same locks in the same order (docs/locking.md).
--
-- Ordinary: one service on the ticket, no visit of several, nothing missed to make good, no
-- profiles at the centre. Gives the answer; null, with nothing written, where the press is not
-- ordinary or its key is known. What turns out later, under the locks, is a
-- serialization_failure, and the plain path looks again.
CREATE OR REPLACE FUNCTION hall_finish_and_call(
    -- Who repeats what.
    p_key_actor text, p_key text, p_body_hash text, p_real timestamptz,
    -- Whose counter, and which ticket it has.
    p_staff bigint, p_centre bigint, p_number text,
    -- The score, by class: appointment, walk_in, priority.
    p_rates float8[], p_credits float8[], p_ceilings float8[],
    -- History; the day is that of the installation's own zone, where conduct is kept.
    p_now timestamptz, p_home_day date, p_actor_kind text, p_actor bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_at record;
    v_key bigint;
    v_ticket hall_ticket;
    v_visitor bigint;
    v_called hall_ticket;
BEGIN
    -- Every statement below reads by a key, the checks of foreign keys at the end too: one plan
    -- serves whatever the values, from a connection's first call on.
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
    v_at := hall_at_work(p_staff, p_centre, p_now);
    IF v_at.session IS NULL OR v_at.profiles THEN
        RETURN NULL;
    END IF;
    SELECT t.* INTO v_ticket FROM hall_ticket AS t
    WHERE t.counter_id = v_at.counter AND t.state = 'serving' AND t.number = p_number
      AND NOT EXISTS (SELECT FROM hall_ticketleg AS l WHERE l.ticket_id = t.id);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    v_visitor := v_ticket.person_id;
    IF v_ticket.appointment_id IS NOT NULL THEN
        SELECT a.person_id INTO v_visitor FROM booking_appointment AS a
        WHERE a.id = v_ticket.appointment_id AND a.state = 'checked_in'
          AND a.visit_id IS NULL AND a.centre_id = p_centre;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    ELSIF v_visitor IS NOT NULL THEN
        PERFORM FROM booking_appointment AS a
        WHERE a.person_id = v_visitor AND a.centre_id = p_centre AND a.day = v_ticket.day
          AND a.state = 'no_show';
        IF FOUND THEN
            RETURN NULL;
        END IF;
    END IF;

    v_key := hall_take_key(p_key_actor, p_key, p_body_hash, p_real);
    IF v_key IS NULL THEN
        RETURN NULL;
    END IF;

    IF v_visitor IS NOT NULL THEN
        PERFORM FROM conduct_standing AS s WHERE s.person_id = v_visitor FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO conduct_standing (person_id, active_count) VALUES (v_visitor, 0)
            ON CONFLICT (person_id) DO NOTHING;
            PERFORM FROM conduct_standing AS s WHERE s.person_id = v_visitor FOR UPDATE;
        END IF;
        PERFORM hall_attend(
            v_ticket, v_visitor, v_at.code, v_at.zone, p_now, p_home_day, p_actor_kind, p_actor
        );
    END IF;

    PERFORM FROM hall_countersession AS s
    WHERE s.id = v_at.session AND s.closed_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE serialization_failure USING MESSAGE = 'the counter was closed meanwhile';
    END IF;
    -- What else the press depends on is asked again now that nobody else can change it.
    UPDATE hall_ticket AS t SET state = 'served'
    WHERE t.id = v_ticket.id AND t.state = 'serving' AND t.counter_id = v_at.counter
      AND t.appointment_id IS NOT DISTINCT FROM v_ticket.appointment_id
      AND t.person_id IS NOT DISTINCT FROM v_ticket.person_id
      AND NOT EXISTS (
          SELECT FROM hall_counterbreak AS b
          WHERE b.counter_session_id = v_at.session AND b.ended_at IS NULL
      )
    RETURNING t.* INTO v_ticket;
    IF NOT FOUND THEN
        RAISE serialization_failure USING MESSAGE = 'the ticket or the counter changed meanwhile';
    END IF;
    PERFORM FROM hall_ticketleg AS l WHERE l.ticket_id = v_ticket.id;
    IF FOUND THEN
        RAISE serialization_failure USING MESSAGE = 'a service was added meanwhile';
    END IF;
    PERFORM hall_tell(
        v_ticket, v_at.code, 'service_finished', 'serving',
        jsonb_build_object('counter', v_at.number, 'attended', true),
        p_now, p_actor_kind, p_actor
    );
    v_called := hall_call_first(
        v_at.session, v_at.counter, v_at.number, v_at.pool, p_staff, p_centre, v_at.code,
        v_at.zone, p_rates, p_credits, p_ceilings, p_now, p_actor_kind, p_actor
    );
    RETURN hall_keep_answer(v_key, v_at.number, v_at.zone, v_called);
END;
$$;

-- The visit is on record: the appointment fulfilled, the person's run over. The person's limit row
-- is locked by the caller.
CREATE OR REPLACE FUNCTION hall_attend(
    p_ticket hall_ticket, p_visitor bigint, p_code text, p_zone text,
    p_now timestamptz, p_home_day date, p_actor_kind text, p_actor bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_ended booking_appointment;
BEGIN
    IF p_ticket.appointment_id IS NOT NULL THEN
        UPDATE booking_appointment AS a SET state = 'fulfilled'
        WHERE a.id = p_ticket.appointment_id AND a.state = 'checked_in'
          AND a.person_id = p_visitor AND a.visit_id IS NULL AND a.centre_id = p_ticket.centre_id
        RETURNING a.* INTO v_ended;
        IF NOT FOUND THEN
            RAISE serialization_failure USING MESSAGE = 'the appointment changed meanwhile';
        END IF;
        UPDATE conduct_standing AS s SET active_count = greatest(s.active_count - 1, 0)
        WHERE s.person_id = p_visitor;
    ELSE
        PERFORM FROM booking_appointment AS a
        WHERE a.person_id = p_visitor AND a.centre_id = p_ticket.centre_id
          AND a.day = p_ticket.day AND a.state = 'no_show';
        IF FOUND THEN
            RAISE serialization_failure USING MESSAGE = 'an appointment was missed meanwhile';
        END IF;
    END IF;
    WITH attended AS (
        INSERT INTO conduct_event (
            person_id, kind, at, recorded_at, appointment_id, centre_id, visit_day, booked_at,
            reversed_reason
        ) VALUES (
            p_visitor, 'attended', p_now, p_now, v_ended.id, p_ticket.centre_id,
            coalesce(v_ended.day, p_home_day), v_ended.created_at, ''
        )
        ON CONFLICT (appointment_id, kind) WHERE reversed_at IS NULL DO NOTHING
        RETURNING id
    )
    INSERT INTO kernel_history (
        day, at, subject_kind, subject_id, agency_id, centre_id, from_state, to_state,
        actor_kind, actor_id, reason, details
    ) SELECT p_home_day, p_now, 'conduct_event', attended.id, NULL, p_ticket.centre_id, '',
        'attended', p_actor_kind, p_actor, '', '{}'
    FROM attended;
    IF v_ended.id IS NULL THEN
        RETURN;
    END IF;
    WITH recorded AS (
        INSERT INTO kernel_history (
            day, at, subject_kind, subject_id, agency_id, centre_id, from_state, to_state,
            actor_kind, actor_id, reason, details
        ) VALUES (
            (p_now AT TIME ZONE p_zone)::date, p_now, 'appointment', v_ended.id,
            v_ended.agency_id, v_ended.centre_id, 'checked_in', 'fulfilled', p_actor_kind, p_actor,
            '', '{"event": "appointment_fulfilled"}'
        )
    )
    INSERT INTO kernel_outboxevent (
        day, at, kind, subject_kind, subject_id, centre_id, topics, payload, fanned_out
    ) VALUES (
        (p_now AT TIME ZONE p_zone)::date, p_now, 'appointment_fulfilled', 'appointment',
        v_ended.id, v_ended.centre_id, 'hall:' || p_code, '{}', false
    );
END;
$$;
