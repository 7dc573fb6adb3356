-- Chooses whom a counter calls and calls them: hall.dispatch, hall.choosing and hall.rules for a
-- centre without profiles, then hall.actions.calls. Null when nobody waits for the counter.
--
-- The first of each class is enough, since within a class all grow at one rate. A ticket that
-- another counter is calling in this very moment is passed over without waiting for its
-- commit, and is known by the turn that callers take; on whoever else has the row we wait, and then
-- look again whether it still waits. So nobody goes before somebody who stays.
CREATE OR REPLACE FUNCTION hall_call_first(
    p_session bigint, p_counter bigint, p_number integer, p_pool bigint, p_staff bigint,
    p_centre bigint, p_code text, p_zone text,
    -- By class: appointment, walk_in, priority.
    p_rates float8[], p_credits float8[], p_ceilings float8[],
    p_now timestamptz, p_actor_kind text, p_actor bigint
) RETURNS hall_ticket LANGUAGE plpgsql AS $$
DECLARE
    v_day date := (p_now AT TIME ZONE p_zone)::date;
    v_classes text[] := '{appointment,walk_in,priority}';
    v_called hall_ticket;
    v_next record;
    -- So many of each class are read, and as many looked at in their order: the first alone, unless
    -- other counters are calling it.
    v_batch integer := 1;
    v_looked integer;
    v_passed bigint[] := '{}';
BEGIN
    FOR v_turn IN 1..200 LOOP
        v_looked := 0;
        FOR v_next IN
            SELECT found.*
            FROM (
                SELECT first.*, class.rate, class.credit, class.ceiling
                FROM unnest(v_classes, p_rates, p_credits, p_ceilings)
                    AS class (name, rate, credit, ceiling)
                CROSS JOIN LATERAL (
                    SELECT t.id, t.due_at, t.pool_id, t.counter_id, t.wanted_counter_id,
                        t.wanted_staff_id, t.calls, t.more_time_used,
                        extract(epoch FROM p_now - t.due_at)::float8 / 60 AS minutes
                    FROM hall_ticket AS t
                    WHERE t.pool_id = p_pool AND t.day = v_day AND t.state = 'waiting'
                      AND t.priority_class = class.name
                      AND (t.not_before IS NULL OR t.not_before <= p_now)
                      AND t.id <> ALL (v_passed)
                      AND (
                          (t.wanted_counter_id IS NULL AND t.wanted_staff_id IS NULL)
                          OR NOT hall_awaits(t.wanted_counter_id, t.wanted_staff_id, t.centre_id)
                      )
                    ORDER BY t.due_at, t.id LIMIT v_batch
                ) AS first
                UNION ALL
                SELECT t.id, t.due_at, t.pool_id, t.counter_id, t.wanted_counter_id,
                    t.wanted_staff_id, t.calls, t.more_time_used,
                    extract(epoch FROM p_now - t.due_at)::float8 / 60,
                    p_rates[kind], p_credits[kind], p_ceilings[kind]
                FROM hall_ticket AS t
                CROSS JOIN LATERAL array_position(v_classes, t.priority_class::text) AS kind
                WHERE t.wanted_counter_id = p_counter AND t.day = v_day AND t.state = 'waiting'
                  AND (t.not_before IS NULL OR t.not_before <= p_now) AND t.id <> ALL (v_passed)
                UNION ALL
                SELECT t.id, t.due_at, t.pool_id, t.counter_id, t.wanted_counter_id,
                    t.wanted_staff_id, t.calls, t.more_time_used,
                    extract(epoch FROM p_now - t.due_at)::float8 / 60,
                    p_rates[kind], p_credits[kind], p_ceilings[kind]
                FROM hall_ticket AS t
                CROSS JOIN LATERAL array_position(v_classes, t.priority_class::text) AS kind
                WHERE t.wanted_staff_id = p_staff AND t.day = v_day AND t.state = 'waiting'
                  AND t.wanted_counter_id IS DISTINCT FROM p_counter AND t.centre_id = p_centre
                  AND (t.not_before IS NULL OR t.not_before <= p_now) AND t.id <> ALL (v_passed)
            ) AS found
            ORDER BY minutes > ceiling DESC,
                CASE WHEN minutes > ceiling THEN 0 ELSE rate * minutes + credit END DESC,
                due_at, id
            LIMIT v_batch
        LOOP
            v_looked := v_looked + 1;
            IF NOT pg_try_advisory_xact_lock(hashtextextended('call:' || v_next.id, 0)) THEN
                v_passed := v_passed || v_next.id;
                CONTINUE;
            END IF;
            UPDATE hall_ticket AS t
            SET state = 'called', counter_id = p_counter, wanted_counter_id = NULL,
                wanted_staff_id = NULL, calls = 1
            WHERE t.id = v_next.id AND t.state = 'waiting' AND t.pool_id = v_next.pool_id
              AND t.counter_id IS NOT DISTINCT FROM v_next.counter_id
              AND t.wanted_counter_id IS NOT DISTINCT FROM v_next.wanted_counter_id
              AND t.wanted_staff_id IS NOT DISTINCT FROM v_next.wanted_staff_id
              AND t.calls = v_next.calls AND t.more_time_used = v_next.more_time_used
            RETURNING t.* INTO v_called;
            EXIT;
        END LOOP;
        IF v_called.id IS NOT NULL THEN
            PERFORM hall_tell(
                v_called, p_code, 'ticket_called', 'waiting',
                jsonb_strip_nulls(jsonb_build_object(
                    'counter', p_number, 'counter_session', p_session,
                    'wanted_counter', v_next.wanted_counter_id,
                    'wanted_staff', v_next.wanted_staff_id
                )),
                p_now, p_actor_kind, p_actor
            );
            RETURN v_called;
        END IF;
        IF v_looked = 0 THEN
            RETURN NULL;
        END IF;
        v_batch := 8;
    END LOOP;
    RAISE serialization_failure USING MESSAGE = 'every ticket looked at was changed meanwhile';
END;
$$;

-- Whether somebody works at the counter, or the member of staff works at the centre, to whom a
-- ticket was sent: others then pass it over (hall.heads.sent_nowhere).
CREATE OR REPLACE FUNCTION hall_awaits(p_counter bigint, p_staff bigint, p_centre bigint)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM hall_countersession AS s JOIN centres_counter AS c ON c.id = s.counter_id
        WHERE s.closed_at IS NULL
          AND (s.counter_id = p_counter OR (s.staff_id = p_staff AND c.centre_id = p_centre))
    );
END;
$$;
