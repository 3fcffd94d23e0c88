-- name: cte_once
WITH x AS (SELECT g, count(*) AS c FROM t GROUP BY g) SELECT * FROM x WHERE c > 5
-- name: cte_twice
WITH x AS (SELECT g, count(*) AS c FROM t GROUP BY g) SELECT a.g, b.c FROM x a JOIN x b USING (g)
-- name: cte_materialized
WITH x AS MATERIALIZED (SELECT id, g FROM t WHERE n > 0) SELECT a.id, b.id FROM x a JOIN x b ON a.g = b.g AND a.id < b.id
-- name: cte_not_materialized
WITH x AS NOT MATERIALIZED (SELECT id, g FROM t WHERE n > 0) SELECT count(*) FROM x a JOIN x b ON a.g = b.g
-- name: cte_chain
WITH a AS (SELECT g, sum(n) AS s FROM t GROUP BY g), b AS (SELECT * FROM a WHERE s > 0), c AS (SELECT max(s) AS m FROM a) SELECT b.g, b.s, c.m FROM b, c
-- name: cte_three_reads
WITH x AS MATERIALIZED (SELECT g, v FROM u) SELECT (SELECT max(v) FROM x), (SELECT min(v) FROM x), count(*) FROM x
-- name: cte_nested
WITH x AS MATERIALIZED (WITH y AS MATERIALIZED (SELECT g FROM t) SELECT a.g FROM y a JOIN y b USING (g)) SELECT g, count(*) FROM x GROUP BY g
-- name: cte_in_subquery
WITH x AS MATERIALIZED (SELECT g, avg(v) AS a FROM u GROUP BY g) SELECT id FROM t WHERE n > (SELECT a FROM x WHERE x.g = t.g) AND g IN (SELECT g FROM x)
-- name: cte_union_of_itself
WITH x AS MATERIALIZED (SELECT id, n FROM t WHERE b) SELECT id FROM x UNION ALL SELECT n FROM x
-- name: cte_unused
WITH x AS MATERIALIZED (SELECT id FROM t) SELECT k FROM w
-- name: recursive_numbers
WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 20) SELECT i, i * i FROM r
-- name: recursive_distinct
WITH RECURSIVE r(i) AS (SELECT 1 UNION SELECT (i * 3) % 7 FROM r) SELECT i FROM r
-- name: recursive_over_table
WITH RECURSIVE r(id, level) AS (SELECT uid, 0 FROM u WHERE t_id < 20 UNION ALL SELECT u.uid, r.level + 1 FROM u JOIN r ON u.t_id = r.id WHERE r.level < 5) SELECT level, count(*) FROM r GROUP BY level
-- name: recursive_joined
WITH RECURSIVE r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i < 10) SELECT r.i, count(t.id) FROM r LEFT JOIN t ON t.g = r.i GROUP BY r.i
-- name: unnest_list
SELECT id, unnest(l) FROM t
-- name: unnest_two
SELECT id, unnest(l), unnest([10, 20, 30, 40]) FROM t WHERE id < 30
-- name: unnest_struct
SELECT id, unnest(s) FROM t
-- name: unnest_constant
SELECT unnest([1, 2, 3]), 'x'
-- name: unnest_then_group
SELECT i, count(*) FROM (SELECT unnest(l) AS i FROM t) GROUP BY i
-- name: unnest_recursive
SELECT id, unnest([[1, 2], [3]], recursive := true) FROM t WHERE id < 4
