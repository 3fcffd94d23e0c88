-- name: order_by
-- ordered
SELECT id, g FROM t ORDER BY g, id
-- name: order_by_desc_nulls
-- ordered
SELECT id, n, h FROM t ORDER BY n DESC NULLS FIRST, h NULLS LAST, id
-- name: order_by_expression
-- ordered
SELECT id FROM t ORDER BY g % 3 DESC NULLS LAST, length(h), id
-- name: order_by_hidden_column
-- ordered
SELECT h FROM t ORDER BY id DESC
-- name: order_by_all
-- ordered
SELECT g, id FROM t ORDER BY ALL
-- name: top_n
-- ordered
SELECT id, n FROM t ORDER BY n DESC NULLS LAST, id LIMIT 10
-- name: top_n_offset
-- ordered
SELECT id, n FROM t ORDER BY n, id LIMIT 7 OFFSET 5
-- name: top_n_beyond
-- ordered
SELECT id FROM t ORDER BY id LIMIT 10 OFFSET 1000
-- name: limit_zero
SELECT id FROM t LIMIT 0
-- name: limit_count
SELECT count(*) FROM (SELECT id FROM t LIMIT 17)
-- name: limit_offset_count
SELECT count(*) FROM (SELECT id FROM t LIMIT 300 OFFSET 200)
-- name: offset_only_count
SELECT count(*) FROM (SELECT id FROM t OFFSET 11)
-- name: limit_percent
SELECT count(*) FROM (SELECT id FROM t ORDER BY id LIMIT 10%)
-- name: limit_of_joined
SELECT count(*) FROM (SELECT t.id FROM t JOIN u ON t.g = u.g LIMIT 25)
-- name: order_aggregate
-- ordered
SELECT g, count(*) AS c FROM t GROUP BY g ORDER BY c DESC, g NULLS FIRST
-- name: top_n_aggregate
-- ordered
SELECT h, sum(n) AS s FROM t GROUP BY h ORDER BY s DESC NULLS LAST, h LIMIT 3
-- name: order_in_subquery
SELECT count(*), sum(id) FROM (SELECT id FROM t ORDER BY n, id LIMIT 50)
-- name: order_join
-- ordered
SELECT t.id, u.uid FROM t JOIN u ON t.id = u.t_id ORDER BY u.uid, t.id
-- name: order_by_union
-- ordered
SELECT id FROM t UNION ALL SELECT uid FROM u ORDER BY 1
-- name: top_n_of_union
-- ordered
SELECT * FROM (SELECT id FROM t UNION ALL SELECT uid FROM u) ORDER BY id DESC LIMIT 5
-- name: top_n_nested
-- ordered
SELECT * FROM (SELECT id, n FROM t ORDER BY n DESC NULLS LAST, id LIMIT 30) ORDER BY id LIMIT 4
-- name: distinct_ordered
-- ordered
SELECT DISTINCT g FROM t ORDER BY g
-- name: distinct_on_then_order
-- ordered
SELECT DISTINCT ON (g) g, id FROM t ORDER BY g NULLS FIRST, id DESC
-- name: order_by_odd
-- ordered
SELECT f, i FROM odd ORDER BY f NULLS FIRST, i, e
-- name: order_by_constant
SELECT id FROM t ORDER BY 1 + 1
-- name: limit_of_limit
SELECT count(*) FROM (SELECT * FROM (SELECT id FROM t LIMIT 50) LIMIT 20 OFFSET 10)
-- name: sample_all
SELECT count(*) FROM (SELECT id FROM t USING SAMPLE 10000 ROWS)
-- name: sample_seeded
SELECT count(*) <= 211 FROM t USING SAMPLE 50 PERCENT (bernoulli, 42)
