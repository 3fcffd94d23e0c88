-- name: row_number_partitioned
SELECT id, row_number() OVER (PARTITION BY g ORDER BY n, id) FROM t
-- name: row_number_all
SELECT id, row_number() OVER (ORDER BY n DESC NULLS LAST, id) FROM t
-- name: ranks
SELECT id, rank() OVER (PARTITION BY g ORDER BY h), dense_rank() OVER (PARTITION BY g ORDER BY h), percent_rank() OVER (PARTITION BY g ORDER BY h), cume_dist() OVER (PARTITION BY g ORDER BY h) FROM t
-- name: ntile
SELECT id, ntile(4) OVER (PARTITION BY g ORDER BY id) FROM t
-- name: lead_lag
SELECT id, lag(id) OVER (PARTITION BY g ORDER BY id), lead(n, 2, -1) OVER (PARTITION BY g ORDER BY id), lag(h, 1, 'first') OVER (ORDER BY id) FROM t
-- name: lead_lag_ignore_nulls
SELECT id, lag(n IGNORE NULLS) OVER (PARTITION BY g ORDER BY id) FROM t
-- name: first_last_nth
SELECT id, first_value(n) OVER (PARTITION BY g ORDER BY id), last_value(n IGNORE NULLS) OVER (PARTITION BY g ORDER BY id), nth_value(id, 3) OVER (PARTITION BY g ORDER BY id) FROM t
-- name: running_sum
SELECT id, sum(n) OVER (PARTITION BY g ORDER BY id), count(*) OVER (PARTITION BY g ORDER BY id), avg(d) OVER (PARTITION BY g ORDER BY id) FROM t
-- name: whole_partition
SELECT id, sum(n) OVER (PARTITION BY g), min(h) OVER (PARTITION BY g, b), count(*) OVER () FROM t
-- name: rows_frame
SELECT id, sum(n) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING), max(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM t
-- name: rows_frame_following
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), sum(id) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING), sum(id) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM t
-- name: rows_frame_whole
SELECT id, sum(n) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t
-- name: rows_frame_expression
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN coalesce(g, 1) PRECEDING AND 0 FOLLOWING) FROM t
-- name: range_frame_numbers
SELECT id, sum(id) OVER (ORDER BY id RANGE BETWEEN 3 PRECEDING AND 2 FOLLOWING), count(*) OVER (PARTITION BY b ORDER BY n RANGE BETWEEN 100 PRECEDING AND CURRENT ROW) FROM t
-- name: range_frame_intervals
SELECT id, count(*) OVER (ORDER BY dt RANGE BETWEEN INTERVAL 30 DAY PRECEDING AND INTERVAL 1 DAY FOLLOWING), count(*) OVER (PARTITION BY g ORDER BY ts RANGE BETWEEN INTERVAL 6 HOUR PRECEDING AND CURRENT ROW) FROM t
-- name: range_frame_descending
SELECT id, sum(id) OVER (ORDER BY id DESC RANGE BETWEEN 3 PRECEDING AND 1 PRECEDING) FROM t
-- name: groups_frame
SELECT id, count(*) OVER (ORDER BY g GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING), sum(n) OVER (PARTITION BY b ORDER BY g GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM t
-- name: frame_exclusions
SELECT id, sum(id) OVER (ORDER BY g ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW), count(*) OVER (PARTITION BY g ORDER BY h ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP), count(*) OVER (PARTITION BY g ORDER BY h ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES) FROM t
-- name: window_filter
SELECT id, count(*) FILTER (WHERE b) OVER (PARTITION BY g ORDER BY id), sum(n) FILTER (WHERE n > 0) OVER (PARTITION BY g) FROM t
-- name: window_distinct
SELECT id, count(DISTINCT h) OVER (PARTITION BY g), count(DISTINCT b) OVER (PARTITION BY g ORDER BY id) FROM t
-- name: window_argument_order
SELECT id, first_value(id ORDER BY n DESC, id) OVER (PARTITION BY g), list(id ORDER BY id DESC) OVER (PARTITION BY g), string_agg(h, '|' ORDER BY id) OVER (PARTITION BY g) FROM t
-- name: window_quantile
SELECT id, median(n) OVER (PARTITION BY g), quantile_cont(d, 0.25) OVER (PARTITION BY g ORDER BY id) FROM t
-- name: window_several_keys
SELECT id, sum(n) OVER (PARTITION BY g), sum(n) OVER (PARTITION BY h), row_number() OVER (PARTITION BY g, h ORDER BY id), count(*) OVER () FROM t
-- name: window_expression_keys
SELECT id, count(*) OVER (PARTITION BY g % 2, upper(h) ORDER BY id) FROM t
-- name: window_over_aggregate
SELECT g, sum(n), rank() OVER (ORDER BY sum(n) DESC), sum(sum(n)) OVER (ORDER BY g) FROM t GROUP BY g
-- name: window_partition_over_aggregate
SELECT g, h, sum(n), rank() OVER (PARTITION BY g ORDER BY sum(n) DESC, h) FROM t GROUP BY g, h
-- name: window_named
SELECT id, sum(n) OVER x, avg(n) OVER x FROM t WINDOW x AS (PARTITION BY g ORDER BY id)
-- name: qualify
SELECT id, g, n FROM t QUALIFY row_number() OVER (PARTITION BY g ORDER BY n DESC NULLS LAST, id) <= 2
-- name: qualify_rank
SELECT id, g FROM t WHERE n IS NOT NULL QUALIFY rank() OVER (PARTITION BY g ORDER BY h) = 1
-- name: top_per_group_subquery
SELECT * FROM (SELECT id, g, row_number() OVER (PARTITION BY g ORDER BY id) AS rn FROM t) WHERE rn < 3
-- name: window_after_join
SELECT t.id, u.uid, sum(u.v) OVER (PARTITION BY t.id ORDER BY u.uid) FROM t JOIN u ON t.id = u.t_id
-- name: window_in_expression
SELECT id, n - avg(n) OVER (PARTITION BY g), 100.0 * n / sum(n) OVER (PARTITION BY b) FROM t
-- name: window_of_window
SELECT id, sum(r) OVER (PARTITION BY b ORDER BY id) FROM (SELECT id, b, row_number() OVER (PARTITION BY g ORDER BY id) AS r FROM t)
-- name: window_fill
SELECT id, fill(n) OVER (ORDER BY id) FROM t
-- name: window_empty_input
SELECT id, row_number() OVER (PARTITION BY v ORDER BY id) FROM nothing
-- name: rank_argument_order
SELECT id, rank(ORDER BY n DESC) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t
