-- Presses of several counters, one after another in one transaction: whatever reached a process
-- while it was waiting for the database. Gives a JSON array with an outcome for each, in order: the
-- answer; null, with nothing of it written, for the plain path; `busy` (its key is in use, or
-- somebody holds what it needs for too long); `alone` (the same where others wait for this group:
-- by itself it may be more patient).
--
-- Each press is undone by itself if it fails. Once one has waited in vain, those after it are not
-- tried: they may need the same (the ticket at the head of the hall), and what was done for those
-- before is held meanwhile.
CREATE OR REPLACE FUNCTION hall_presses(
    p_presses jsonb,
    -- How long each may wait for a lock; null: as the session says, and for a key five seconds.
    p_wait text
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_press record;
    v_who record;
    v_answer text;
    v_answers json[] := '{}';
    v_waited boolean := false;
    v_none text;
BEGIN
    -- Every statement of a press reads by a key, the checks of foreign keys at the end too: one
    -- plan serves whatever the values, from a connection's first call on, and however few rows a
    -- table had then. (Assignments need no executor.)
    v_none := set_config('plan_cache_mode', 'force_generic_plan', true);
    v_none := set_config('enable_seqscan', 'off', true);
    IF p_wait IS NOT NULL THEN
        v_none := set_config('lock_timeout', p_wait, true);
    END IF;
    FOR v_press IN
        SELECT * FROM jsonb_to_recordset(p_presses) AS press (
            verb text,
            -- Who presses where: a token (people_staff_at), or somebody who has been looked up.
            token_hash text, code text, roles text[],
            staff bigint, centre bigint, key_actor text, actor_kind text, actor bigint,
            -- Who repeats what, at which real time.
            key text, body_hash text, real timestamptz,
            -- Which ticket is at the counter; the score, by class: appointment, walk_in, priority.
            number text, rates float8[], credits float8[], ceilings float8[],
            -- The day is that of the installation's own zone, where conduct is kept.
            now timestamptz, home_day date
        )
    LOOP
        v_answer := NULL;
        IF v_waited THEN
            v_answers := array_append(v_answers, '"alone"'::json);
            CONTINUE;
        END IF;
        BEGIN
            IF v_press.token_hash IS NOT NULL THEN
                v_who := people_staff_at(
                    v_press.token_hash, v_press.code, v_press.roles, v_press.real
                );
                v_press.staff := v_who.staff;
                v_press.centre := v_who.centre;
                v_press.actor := v_who.staff;
                v_press.key_actor := v_press.actor_kind || ':' || v_who.staff;
            END IF;
            IF v_press.staff IS NULL THEN
                NULL;
            ELSIF v_press.verb = 'finish_and_call' THEN
                v_answer := hall_finish_and_call(
                    v_press.key_actor, v_press.key, v_press.body_hash, v_press.real,
                    v_press.staff, v_press.centre, v_press.number,
                    v_press.rates, v_press.credits, v_press.ceilings,
                    v_press.now, v_press.home_day, v_press.actor_kind, v_press.actor
                );
            ELSIF v_press.verb = 'start_service' THEN
                v_answer := hall_start_service(
                    v_press.key_actor, v_press.key, v_press.body_hash, v_press.real,
                    v_press.staff, v_press.centre, v_press.number,
                    v_press.now, v_press.actor_kind, v_press.actor
                );
            ELSIF v_press.verb = 'call_next' THEN
                v_answer := hall_call_next(
                    v_press.key_actor, v_press.key, v_press.body_hash, v_press.real,
                    v_press.staff, v_press.centre,
                    v_press.rates, v_press.credits, v_press.ceilings,
                    v_press.now, v_press.actor_kind, v_press.actor
                );
            END IF;
        EXCEPTION
            -- Somebody was faster, or two could not both go on: the plain path says what is so now.
            WHEN unique_violation OR serialization_failure OR deadlock_detected THEN
                v_answer := NULL;
            WHEN lock_not_available THEN
                v_waited := p_wait IS NOT NULL;
                v_answer := CASE WHEN v_waited THEN '"alone"' ELSE '"busy"' END;
        END;
        v_answers := array_append(v_answers, v_answer::json);
    END LOOP;
    RETURN array_to_json(v_answers);
END;
$$;
