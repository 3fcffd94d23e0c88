-- name: constant
SELECT 1 AS one, 'x' AS text, NULL AS nothing
-- name: select_all
SELECT * FROM t
-- name: select_nothing
SELECT * FROM nothing
-- name: select_one_row
SELECT * FROM single
-- name: filter_and
SELECT id, g FROM t WHERE g > 3 AND h IS NOT NULL
-- name: filter_or
SELECT id FROM t WHERE g = 3 OR g IS NULL OR n BETWEEN -10 AND 50
-- name: filter_in_few
SELECT id FROM t WHERE g IN (1, 3, 9)
-- name: filter_in_many
SELECT id FROM t WHERE id IN (1, 20, 33, 49, 57, 64, 72, 85, 99, 107, 112, 125, 137, 144, 156, 168, 177, 1000)
-- name: filter_not_in_many_with_null
SELECT id FROM t WHERE id NOT IN (1, 20, 33, 49, 57, 64, 72, 85, 99, 107, 112, 125, 137, 144, 156, 168, 177, NULL)
-- name: filter_not_in
SELECT id FROM t WHERE g NOT IN (4, id)
-- name: filter_false
SELECT id FROM t WHERE 1 = 2
-- name: filter_like
SELECT id, h FROM t WHERE h LIKE 'name 1%' OR h LIKE '%8' OR h LIKE '%e 3%' OR h LIKE 'n_me 4'
-- name: filter_ilike
SELECT id, h FROM t WHERE h ILIKE '%NAME 2' OR h NOT ILIKE '%5%'
-- name: filter_regexp
SELECT id, h FROM t WHERE regexp_matches(h, 'e [1-3]') OR h SIMILAR TO '.*[89]'
-- name: filter_distinct_from
SELECT id FROM t WHERE g IS DISTINCT FROM 3 AND h IS NOT DISTINCT FROM 'name 4'
-- name: filter_boolean
SELECT id FROM t WHERE b
-- name: filter_not_boolean
SELECT id, b IS TRUE, b IS NOT FALSE, NOT b FROM t WHERE b IS NOT TRUE
-- name: filter_dates
SELECT id, dt FROM t WHERE dt >= DATE '2020-06-01' AND dt < DATE '2020-06-01' + INTERVAL 3 MONTH
-- name: filter_timestamps
SELECT id FROM t WHERE ts > TIMESTAMP '2021-03-05 01:02:03.456' AND tz < TIMESTAMPTZ '2021-03-29 00:00:00+02'
-- name: aliases_repeat
SELECT id AS a, g AS a, h AS "B c" FROM t
-- name: values
SELECT * FROM (VALUES (1, 'a', 1.5), (2, NULL, 2.25), (NULL, 'c', -0.5)) v(i, s, d)
-- name: values_one_row
FROM (VALUES (1, 'a')) v(i, s)
-- name: range_function
SELECT i * 2 FROM range(10) r(i) WHERE i % 3 = 0
-- name: generate_series
SELECT * FROM generate_series(1, 10, 3)
-- name: unnest_function
SELECT * FROM unnest([1, NULL, 3])
-- name: no_from_expressions
SELECT 1 + 2, 'a' || 'b', [1, 2, 3], {'a': 1}
-- name: count_only
SELECT 1 FROM t
-- name: volatile
SELECT count(*) FROM (SELECT random() AS r FROM t) WHERE r >= 0 AND r < 1
-- name: star_replace
SELECT * EXCLUDE (l, s, m) REPLACE (id + 1 AS id) FROM t
-- name: columns_expression
SELECT min(COLUMNS('id|g|n')) FROM t
-- name: nested_selects
SELECT a + 1 AS b FROM (SELECT id * 2 AS a FROM (SELECT id FROM t WHERE id < 50) x WHERE id > 3) y WHERE a > 10
