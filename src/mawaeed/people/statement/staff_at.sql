-- The same (people_staff_of) of one token, with its moment of last use written. Nulls for whoever
-- may not.
CREATE OR REPLACE FUNCTION people_staff_at(
    p_token_hash text, p_centre text, p_roles text[], p_real timestamptz,
    OUT staff bigint, OUT centre bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_token bigint;
    v_used timestamptz;
BEGIN
    SELECT w.token, w.used_at, w.staff, w.centre INTO v_token, v_used, staff, centre
    FROM people_staff_of(p_token_hash, p_centre, p_roles, p_real) AS w;
    -- The moment of last use is written once a minute at most.
    IF v_used IS NULL AND v_token IS NOT NULL OR v_used <= p_real - interval '1 minute' THEN
        UPDATE people_stafftoken AS t SET used_at = p_real WHERE t.id = v_token;
    END IF;
END;
$$;
