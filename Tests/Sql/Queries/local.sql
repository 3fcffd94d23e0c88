-- name: limit_computed
-- local: LIMIT
SELECT id FROM t ORDER BY id LIMIT (SELECT max(k) FROM w)
-- name: bit_constant
-- local: serialized plan
SELECT '101'::BIT, id FROM t
-- name: recursive_key
-- local: recursive
WITH RECURSIVE r(i, c) USING KEY (i) AS (SELECT 1, 0 UNION SELECT i, c + 1 FROM r WHERE c < 5) SELECT * FROM r
-- name: struct_update
-- local: struct_update
SELECT struct_update(s, x := id) FROM t
-- name: date_parts
-- local: date_part
SELECT date_part(['year', 'month'], dt) FROM t
