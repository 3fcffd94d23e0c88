-- name: union_all
SELECT id, h FROM t UNION ALL SELECT uid, w FROM u
-- name: union
SELECT g FROM t UNION SELECT g FROM u
-- name: union_three
SELECT id FROM t UNION ALL SELECT uid FROM u UNION ALL SELECT k FROM w
-- name: union_five
SELECT id FROM t UNION ALL SELECT uid FROM u UNION ALL SELECT k FROM w UNION ALL SELECT id FROM nothing UNION ALL SELECT k FROM single
-- name: union_types
SELECT id FROM t UNION ALL SELECT v FROM u
-- name: union_by_name
SELECT id, g FROM t UNION ALL BY NAME SELECT g, v FROM u
-- name: union_of_aggregates
SELECT 't' AS name, count(*), sum(n) FROM t UNION ALL SELECT 'u', count(*), sum(uid) FROM u
-- name: union_of_grouped
SELECT g, count(*) FROM t GROUP BY g UNION ALL SELECT g, count(*) FROM u GROUP BY g
-- name: union_constants
SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT NULL
-- name: union_then_group
SELECT g, count(*) FROM (SELECT g FROM t UNION ALL SELECT g FROM u) GROUP BY g
-- name: union_then_join
SELECT x.g, w.z FROM (SELECT g FROM t UNION SELECT g FROM u) x JOIN w ON x.g = w.k
-- name: union_with_limit_arms
SELECT count(*) FROM ((SELECT id FROM t LIMIT 5) UNION ALL (SELECT uid FROM u LIMIT 7))
-- name: except
SELECT g FROM t EXCEPT SELECT k FROM w
-- name: except_all
SELECT g FROM t EXCEPT ALL SELECT g FROM u
-- name: intersect
SELECT g FROM t INTERSECT SELECT g FROM u
-- name: intersect_all
SELECT g, h FROM t INTERSECT ALL SELECT g, w FROM u
-- name: except_rows
SELECT g, h FROM t EXCEPT SELECT g, w FROM u
-- name: set_chain
(SELECT g FROM t UNION SELECT k FROM w) EXCEPT (SELECT g FROM u INTERSECT SELECT k FROM w)
-- name: except_empty
SELECT g FROM t EXCEPT SELECT id FROM nothing
-- name: intersect_nested
SELECT s FROM t INTERSECT SELECT s FROM t WHERE id < 20
-- name: union_in_subquery
SELECT id FROM t WHERE g IN (SELECT k FROM w UNION ALL SELECT g FROM u)
