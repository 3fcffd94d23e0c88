-- name: inner_join
SELECT t.id, u.uid, u.v FROM t JOIN u ON t.id = u.t_id
-- name: inner_join_null_keys
SELECT t.id, u.uid FROM t JOIN u ON t.g = u.g
-- name: inner_join_two_keys
SELECT t.id, u.uid FROM t JOIN u ON t.g = u.g AND t.h = u.w
-- name: inner_join_residual
SELECT t.id, u.uid FROM t JOIN u ON t.g = u.g AND t.n + u.v > 100
-- name: inner_join_mixed_comparisons
SELECT t.id, u.uid FROM t JOIN u ON t.g = u.g AND t.n > u.v
-- name: inner_join_casts
SELECT t.id, u.uid FROM t JOIN u ON t.n = u.g
-- name: inner_join_expression_keys
SELECT t.id, u.uid FROM t JOIN u ON t.id % 10 = u.uid % 10 + 1
-- name: inner_join_not_distinct
SELECT t.id, u.uid FROM t JOIN u ON t.g IS NOT DISTINCT FROM u.g AND t.h IS NOT DISTINCT FROM u.w
-- name: left_join
SELECT t.id, u.uid, u.v FROM t LEFT JOIN u ON t.id = u.t_id
-- name: left_join_residual
SELECT t.id, u.uid FROM t LEFT JOIN u ON t.g = u.g AND t.n + u.v > 300
-- name: left_join_filter_left
SELECT t.id, u.uid FROM t LEFT JOIN u ON t.id = u.t_id AND t.n > 0
-- name: left_join_where_null
SELECT t.id FROM t LEFT JOIN u ON t.id = u.t_id WHERE u.uid IS NULL
-- name: left_join_empty
SELECT t.id, e.v FROM t LEFT JOIN nothing e ON t.id = e.id
-- name: right_join
SELECT t.id, u.uid FROM t RIGHT JOIN u ON t.id = u.t_id
-- name: right_join_residual
SELECT t.id, u.uid FROM t RIGHT JOIN u ON t.g = u.g AND t.n + u.v > 300
-- name: full_join
SELECT t.id, u.uid FROM t FULL JOIN u ON t.id = u.t_id
-- name: full_join_using
SELECT g, t.id, u.uid FROM t FULL JOIN u USING (g)
-- name: full_join_empty
SELECT e.id, single.k FROM nothing e FULL JOIN single ON e.id = single.k
-- name: full_join_unequal
SELECT w.k, u.uid FROM w FULL JOIN u ON w.k > u.uid
-- name: full_join_free
SELECT w.k, u.uid FROM w FULL JOIN u ON w.k + u.uid = 20
-- name: semi_join
SELECT id FROM t SEMI JOIN u ON t.id = u.t_id
-- name: semi_join_residual
SELECT id FROM t SEMI JOIN u ON t.g = u.g AND t.n > u.v
-- name: semi_join_unequal
SELECT id FROM t SEMI JOIN w ON t.id < w.z
-- name: anti_join
SELECT id FROM t ANTI JOIN u ON t.id = u.t_id
-- name: anti_join_null_keys
SELECT id, g FROM t ANTI JOIN u ON t.g = u.g
-- name: anti_join_unequal
SELECT id FROM t ANTI JOIN w ON t.id > w.z
-- name: anti_join_empty
SELECT id FROM t ANTI JOIN nothing USING (id)
-- name: cross_join
SELECT t.id, w.k FROM t CROSS JOIN w
-- name: cross_join_comma
SELECT count(*) FROM t, u
-- name: cross_join_empty
SELECT t.id FROM t, nothing
-- name: cross_join_one_row
SELECT t.id, single.v FROM t, single WHERE t.id > single.k
-- name: join_less
SELECT t.id, w.k FROM t JOIN w ON t.id < w.z
-- name: join_range
SELECT t.id, w.k FROM t JOIN w ON t.id BETWEEN w.k AND w.z
-- name: left_join_unequal
SELECT w.k, t.id FROM w LEFT JOIN t ON w.z < t.id AND t.id < 30
-- name: right_join_unequal
SELECT w.k, t.id FROM w RIGHT JOIN t ON w.z > t.id
-- name: join_not_equal
SELECT a.k, b.k FROM w a JOIN w b ON a.k <> b.k
-- name: join_or
SELECT t.id, w.k FROM t JOIN w ON t.id = w.k OR t.g = w.z
-- name: left_join_or
SELECT w.k, t.id FROM w LEFT JOIN t ON t.id = w.k OR t.g = w.k
-- name: natural_join
SELECT * FROM (SELECT id, g FROM t) NATURAL JOIN (SELECT g, uid FROM u)
-- name: self_join
SELECT a.id, b.id FROM t a JOIN t b ON a.g = b.g AND a.id < b.id
-- name: three_tables
SELECT t.id, u.uid, w.z FROM t JOIN u ON t.id = u.t_id JOIN w ON u.g = w.k
-- name: five_tables
SELECT count(*), sum(u.v) FROM t JOIN u ON t.id = u.t_id JOIN w ON t.g = w.k LEFT JOIN single s ON w.k = s.k LEFT JOIN nothing n ON n.id = t.id
-- name: left_then_inner
SELECT t.id, u.uid, w.k FROM t LEFT JOIN u ON t.id = u.t_id JOIN w ON t.g = w.k
-- name: inner_then_right
SELECT t.id, u.uid, w.k FROM t JOIN u ON t.id = u.t_id RIGHT JOIN w ON u.g = w.k
-- name: full_then_full
SELECT t.id, u.uid, w.k FROM t FULL JOIN u ON t.id = u.t_id FULL JOIN w ON u.g = w.k
-- name: positional_join
SELECT t.id, w.k FROM t POSITIONAL JOIN w
-- name: asof_join
-- Without rows whose time is NULL: DuckDB 1.5.6 gives those a match, or none, depending on how many rows there are.
SELECT t.id, u.uid FROM (SELECT * FROM t WHERE ts IS NOT NULL) t ASOF JOIN u ON t.g = u.g AND t.ts >= u.ts
-- name: asof_join_no_keys
SELECT t.id, u.ts FROM (SELECT * FROM t WHERE ts IS NOT NULL) t ASOF JOIN u ON t.ts >= u.ts
-- name: asof_left_join
SELECT t.id, u.ts FROM (SELECT * FROM t WHERE ts IS NOT NULL) t ASOF LEFT JOIN u ON t.g = u.g AND t.ts > u.ts
-- name: asof_left_join_backwards
SELECT t.id, u.ts FROM (SELECT * FROM t WHERE ts IS NOT NULL) t ASOF LEFT JOIN u ON t.ts <= u.ts
-- name: asof_right_join
SELECT t.ts, u.uid FROM (SELECT * FROM t WHERE ts IS NOT NULL) t ASOF RIGHT JOIN u ON t.g = u.g AND t.ts > u.ts
-- name: asof_full_join
SELECT t.ts, u.ts FROM (SELECT DISTINCT ts FROM t WHERE ts IS NOT NULL) t ASOF FULL JOIN (SELECT DISTINCT ts FROM u) u ON t.ts >= u.ts
-- name: join_odd_float_keys
SELECT a.i, b.i FROM odd a JOIN odd b ON a.f = b.f
-- name: join_nested_keys
SELECT a.id, b.id FROM t a JOIN t b ON a.s = b.s AND a.id < b.id AND b.id < 40
-- name: join_uuid_enum_interval
SELECT a.i, b.i FROM odd a JOIN odd b ON a.u = b.u AND a.iv = b.iv
-- name: join_grouped
SELECT a.g, a.c, b.s FROM (SELECT g, count(*) AS c FROM t GROUP BY g) a JOIN (SELECT g, sum(v) AS s FROM u GROUP BY g) b USING (g)
-- name: join_union
SELECT t.id, x.k FROM t JOIN (SELECT k FROM w UNION ALL SELECT uid FROM u) x ON t.id = x.k
-- name: join_values
SELECT t.id, v.name FROM t JOIN (VALUES (1, 'one'), (2, 'two'), (NULL, 'none')) v(n, name) ON t.g = v.n
-- name: join_range_function
SELECT t.id, r.i FROM t JOIN range(0, 20, 3) r(i) ON t.id = r.i
-- name: lateral_join
SELECT w.k, x.id FROM w, LATERAL (SELECT t.id FROM t WHERE t.g = w.k AND t.n > 0) x
-- name: lateral_aggregate
SELECT w.k, x.c, x.m FROM w LEFT JOIN LATERAL (SELECT count(*) AS c, max(t.id) AS m FROM t WHERE t.g = w.k) x ON true
-- name: lateral_unnest
SELECT t.id, x.i FROM t, LATERAL (SELECT unnest(t.l) AS i) x
-- name: lateral_limit
SELECT w.k, x.id FROM w, LATERAL (SELECT t.id FROM t WHERE t.g = w.k ORDER BY t.id LIMIT 2) x
-- name: join_then_distinct
SELECT DISTINCT u.g, t.b FROM t JOIN u ON t.id = u.t_id
-- name: join_using_two
SELECT count(*) FROM (SELECT g, h AS w FROM t) JOIN (SELECT g, w FROM u) USING (g, w)
