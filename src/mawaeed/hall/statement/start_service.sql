-- The visitor called to a counter is there: hall.actions.start_service, in one round trip. Gives
-- the answer; null, with nothing written, where the ticket is not there or the key is known.
CREATE OR REPLACE FUNCTION hall_start_service(
    p_key_actor text, p_key text, p_body_hash text, p_real timestamptz,
    p_staff bigint, p_centre bigint, p_number text,
    p_now timestamptz, p_actor_kind text, p_actor bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_at record;
    v_key bigint;
    v_ticket hall_ticket;
BEGIN
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
    v_at := hall_at_work(p_staff, p_centre, p_now);
    PERFORM FROM hall_ticket AS t
    WHERE t.counter_id = v_at.counter AND t.state = 'called' AND t.number = p_number;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    v_key := hall_take_key(p_key_actor, p_key, p_body_hash, p_real);
    IF v_key IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE hall_ticket AS t SET state = 'serving'
    WHERE t.counter_id = v_at.counter AND t.state = 'called' AND t.number = p_number
    RETURNING t.* INTO v_ticket;
    IF NOT FOUND THEN
        RAISE serialization_failure USING MESSAGE = 'the ticket changed meanwhile';
    END IF;
    PERFORM hall_tell(
        v_ticket, v_at.code, 'service_started', 'called',
        jsonb_build_object('counter', v_at.number), p_now, p_actor_kind, p_actor
    );
    RETURN hall_keep_answer(v_key, v_at.number, v_at.zone, v_ticket);
END;
$$;
