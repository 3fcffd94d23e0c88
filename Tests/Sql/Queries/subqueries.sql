-- name: scalar_uncorrelated
SELECT id, (SELECT max(v) FROM u) AS m FROM t
-- name: scalar_in_where
SELECT id FROM t WHERE n > (SELECT avg(v) FROM u)
-- name: scalar_not_aggregate
SELECT id, (SELECT v FROM single) FROM t
-- name: scalar_empty
SELECT id, (SELECT v FROM nothing) FROM t
-- name: scalar_correlated_sum
SELECT id, (SELECT sum(v) FROM u WHERE u.t_id = t.id) FROM t
-- name: scalar_correlated_count
SELECT id, (SELECT count(*) FROM u WHERE u.t_id = t.id) FROM t
-- name: scalar_correlated_unequal
SELECT k, (SELECT sum(v) FROM u WHERE u.uid < w.k) FROM w
-- name: scalar_correlated_two_columns
SELECT id, (SELECT min(uid) FROM u WHERE u.g = t.g AND u.w = t.h) FROM t
-- name: scalar_correlated_expression
SELECT id, n - (SELECT avg(n) FROM t t2 WHERE t2.g = t.g) FROM t
-- name: scalar_correlated_where
SELECT id FROM t WHERE n > (SELECT avg(t2.n) FROM t t2 WHERE t2.g = t.g)
-- name: scalar_correlated_no_aggregate
SELECT k, (SELECT id FROM t WHERE t.id = w.k) FROM w
-- name: scalar_correlated_ordered_limit
SELECT k, (SELECT id FROM t WHERE t.g = w.k ORDER BY n, id LIMIT 1) FROM w
-- name: scalar_nested_correlation
SELECT k, (SELECT max((SELECT count(*) FROM u WHERE u.g = t.g AND u.uid > w.k)) FROM t WHERE t.g = w.k) FROM w
-- name: exists_correlated
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)
-- name: exists_correlated_two
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.g = t.g AND u.v > t.n)
-- name: not_exists_correlated
SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.g = t.g AND u.w = t.h)
-- name: exists_value
SELECT id, EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id) FROM t
-- name: exists_value_unequal
SELECT k, EXISTS (SELECT 1 FROM u WHERE u.v < w.z) FROM w
-- name: exists_uncorrelated
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM nothing)
-- name: exists_uncorrelated_true
SELECT count(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE v > 600)
-- name: exists_or
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id) OR g = 3
-- name: in_uncorrelated
SELECT id FROM t WHERE g IN (SELECT k FROM w)
-- name: in_value
SELECT id, g IN (SELECT k FROM w) FROM t
-- name: in_value_nulls
SELECT id, g IN (SELECT g FROM u) FROM t
-- name: in_value_empty
SELECT id, id IN (SELECT id FROM nothing) FROM t
-- name: not_in_without_nulls
SELECT id FROM t WHERE g NOT IN (SELECT k FROM w)
-- name: not_in_with_nulls
SELECT id FROM t WHERE g NOT IN (SELECT g FROM u)
-- name: not_in_correlated
SELECT id FROM t WHERE g NOT IN (SELECT g FROM u WHERE u.w = t.h)
-- name: in_correlated
SELECT id FROM t WHERE g IN (SELECT g FROM u WHERE u.w = t.h)
-- name: in_correlated_value
SELECT id, g IN (SELECT u.g FROM u WHERE u.w = t.h) FROM t
-- name: in_or
SELECT id FROM t WHERE g IN (SELECT k FROM w WHERE z > 50) OR id < 10
-- name: in_rows
SELECT id FROM t WHERE (g, h) IN (SELECT g, w FROM u)
-- name: any_less
SELECT id FROM t WHERE id < ANY (SELECT k FROM w)
-- name: any_value
SELECT id, id < ANY (SELECT z FROM w) FROM t
-- name: all_greater
SELECT id FROM t WHERE id > ALL (SELECT k FROM w)
-- name: all_greater_nulls
SELECT id, id > ALL (SELECT z FROM w) FROM t
-- name: all_empty
SELECT id FROM t WHERE id > ALL (SELECT id FROM nothing)
-- name: any_correlated
SELECT k, k = ANY (SELECT g FROM t WHERE t.id < w.z) FROM w
-- name: subquery_in_select_and_where
SELECT id, (SELECT count(*) FROM u WHERE u.g = t.g) AS c FROM t WHERE (SELECT count(*) FROM u WHERE u.g = t.g) > 5
-- name: subquery_in_group
SELECT (SELECT max(k) FROM w WHERE w.k <= t.g) AS mk, count(*) FROM t GROUP BY mk
-- name: subquery_in_having
SELECT g, sum(n) FROM t GROUP BY g HAVING sum(n) > (SELECT avg(n) FROM t)
-- name: subquery_in_join
SELECT t.id, x.m FROM t JOIN (SELECT g, max(v) AS m FROM u GROUP BY g) x ON t.g = x.g WHERE t.n < x.m
-- name: subquery_of_subquery
SELECT id FROM t WHERE g IN (SELECT g FROM u WHERE v > (SELECT avg(v) FROM u u2 WHERE u2.g = u.g))
-- name: array_subquery
SELECT k, ARRAY(SELECT id FROM t WHERE t.g = w.k ORDER BY id) FROM w
-- name: quantified_not_in_count
SELECT count(*) FROM t WHERE id NOT IN (SELECT t_id FROM u WHERE t_id IS NOT NULL)
