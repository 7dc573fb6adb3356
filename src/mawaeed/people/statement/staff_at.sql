-- Whose staff token it is, at a centre where they hold one of the roles: people.queries.staff_at.
-- Nulls for whoever may not; of a centre's staff an administrator may everything.
CREATE OR REPLACE FUNCTION people_staff_at(
    p_token_hash text, p_centre text, p_roles text[], p_real timestamptz,
    OUT staff bigint, OUT centre bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_token bigint;
    v_used timestamptz;
BEGIN
    SELECT t.id, t.used_at, s.id, c.id INTO v_token, v_used, staff, centre
    FROM people_stafftoken AS t JOIN people_staff AS s ON s.id = t.staff_id
        JOIN centres_centre AS c ON c.code = p_centre
    WHERE t.token_hash = p_token_hash AND t.expires_at > p_real AND t.revoked_at IS NULL
      AND s.is_active AND (s.is_superuser OR EXISTS (
          SELECT FROM people_staffrole AS r WHERE r.staff_id = s.id AND (
              r.role = 'administrator' AND (r.centre_id = c.id OR r.agency_id = c.agency_id)
              OR r.centre_id = c.id AND r.role = ANY (p_roles)
          )
      ));
    -- The moment of last use is written once a minute at most.
    IF v_used IS NULL AND v_token IS NOT NULL OR v_used <= p_real - interval '1 minute' THEN
        UPDATE people_stafftoken AS t SET used_at = p_real WHERE t.id = v_token;
    END IF;
END;
$$;
