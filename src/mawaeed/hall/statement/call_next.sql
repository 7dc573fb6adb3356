-- A free counter calls the next: hall.actions.call_next for a centre without profiles, in one
-- round trip. Gives the answer; null, with nothing written, where it is not ordinary, the counter
-- is not free, or the key is known.
CREATE OR REPLACE FUNCTION hall_call_next(
    p_key_actor text, p_key text, p_body_hash text, p_real timestamptz,
    p_staff bigint, p_centre bigint,
    p_rates float8[], p_credits float8[], p_ceilings float8[],
    p_now timestamptz, p_actor_kind text, p_actor bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_at record;
    v_key bigint;
    v_called hall_ticket;
BEGIN
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
    v_at := hall_at_work(p_staff, p_centre, p_now);
    IF v_at.session IS NULL OR v_at.profiles OR NOT hall_is_free(v_at.session, v_at.counter) THEN
        RETURN NULL;
    END IF;
    v_key := hall_take_key(p_key_actor, p_key, p_body_hash, p_real);
    IF v_key IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM hall_countersession AS s
    WHERE s.id = v_at.session AND s.closed_at IS NULL FOR UPDATE;
    IF NOT FOUND OR NOT hall_is_free(v_at.session, v_at.counter) THEN
        RAISE serialization_failure USING MESSAGE = 'the counter changed meanwhile';
    END IF;
    v_called := hall_call_first(
        v_at.session, v_at.counter, v_at.number, v_at.pool, p_staff, p_centre, v_at.code,
        v_at.zone, p_rates, p_credits, p_ceilings, p_now, p_actor_kind, p_actor
    );
    RETURN hall_keep_answer(v_key, v_at.number, v_at.zone, v_called);
END;
$$;

-- Whether nobody is called to the counter or served there, and it is on no break.
CREATE OR REPLACE FUNCTION hall_is_free(p_session bigint, p_counter bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT FROM hall_ticket AS t
        WHERE t.counter_id = p_counter AND t.state IN ('called', 'serving')
    ) AND NOT EXISTS (
        SELECT FROM hall_counterbreak AS b
        WHERE b.counter_session_id = p_session AND b.ended_at IS NULL
    );
END;
$$;
