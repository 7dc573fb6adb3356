-- Whose staff token it is, at a centre where they hold one of the roles: people.queries.staff_at.
-- No row for whoever may not; of a centre's staff an administrator may everything. Only reads, so
-- that a statement for several tokens can have it as a part of its own plan.
CREATE OR REPLACE FUNCTION people_staff_of(
    p_token_hash text, p_centre text, p_roles text[], p_real timestamptz
) RETURNS TABLE (staff bigint, centre bigint, token bigint, used_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT s.id, c.id, t.id, t.used_at
    FROM people_stafftoken AS t JOIN people_staff AS s ON s.id = t.staff_id
        JOIN centres_centre AS c ON c.code = p_centre
    WHERE t.token_hash = p_token_hash AND t.expires_at > p_real AND t.revoked_at IS NULL
      AND s.is_active AND (s.is_superuser OR EXISTS (
          SELECT FROM people_staffrole AS r WHERE r.staff_id = s.id AND (
              r.role = 'administrator' AND (r.centre_id = c.id OR r.agency_id = c.agency_id)
              OR r.centre_id = c.id AND r.role = ANY (p_roles)
          )
      ))
$$;
