-- name: count_star
SELECT count(*) FROM t
-- name: count_star_empty
SELECT count(*), count(v), sum(x), min(v) FROM nothing
-- name: aggregates_without_groups
SELECT count(*), count(g), sum(g), sum(dec), avg(n), avg(dec), min(h), max(dt), min(d), max(ts), sum(d) FROM t
-- name: group_by_one
SELECT g, count(*), sum(n), avg(d), min(dt), max(h) FROM t GROUP BY g
-- name: group_by_two
SELECT g, h, count(*), sum(dec) FROM t GROUP BY g, h
-- name: group_by_expression
SELECT g % 3 AS k, upper(h) AS u, count(*), sum(id) FROM t GROUP BY g % 3, upper(h)
-- name: group_by_constant
SELECT 1 AS k, g, count(*) FROM t GROUP BY ALL
-- name: group_by_empty
SELECT id, count(*) FROM nothing GROUP BY id
-- name: group_by_dates
SELECT date_trunc('month', dt) AS mo, count(*), sum(dec) FROM t GROUP BY mo
-- name: group_by_odd_types
SELECT f, count(*) FROM odd GROUP BY f
-- name: group_by_enum_uuid
SELECT e, u, count(*), min(iv), max(hu), min(tm) FROM odd GROUP BY e, u
-- name: group_by_nested
SELECT s, count(*) FROM t GROUP BY s
-- name: group_by_list
SELECT l, count(*), min(id) FROM t GROUP BY l
-- name: having
SELECT g, count(*) AS c FROM t GROUP BY g HAVING count(*) > 15 AND min(n) < 0
-- name: group_no_aggregates
SELECT g, h FROM t GROUP BY g, h
-- name: aggregate_expressions
SELECT g, sum(n) * 2 + count(*), sum(n + id), avg(d) / 2, round(sum(d), 3) FROM t GROUP BY g
-- name: aggregate_filter
SELECT g, count(*) FILTER (WHERE n > 0), sum(n) FILTER (WHERE b), avg(d) FILTER (WHERE h IS NULL) FROM t GROUP BY g
-- name: aggregate_filter_no_groups
SELECT count(*) FILTER (WHERE n > 0), sum(n) FILTER (WHERE n > 100000) FROM t
-- name: count_distinct
SELECT count(DISTINCT g), count(DISTINCT h) FROM t
-- name: count_distinct_one
SELECT count(DISTINCT h) FROM t
-- name: count_distinct_grouped
SELECT g, count(DISTINCT h), count(*), sum(n) FROM t GROUP BY g
-- name: sum_distinct
SELECT sum(DISTINCT g), avg(DISTINCT n) FROM t
-- name: count_distinct_filter
SELECT count(DISTINCT h) FILTER (WHERE g > 2) FROM t
-- name: variance
SELECT g, var_samp(n), var_pop(n), stddev(n), stddev_pop(d), variance(dec) FROM t GROUP BY g
-- name: variance_no_groups
SELECT var_samp(d), var_pop(n), stddev_samp(n), stddev_pop(d) FROM t
-- name: covariance
SELECT g, covar_pop(n, d), covar_samp(n, d), corr(n, d) FROM t GROUP BY g
-- name: regression
SELECT regr_slope(n, d), regr_intercept(n, d), regr_count(n, d), regr_r2(n, d), regr_avgx(n, d), regr_sxx(n, d), regr_sxy(n, d) FROM t
-- name: moments
SELECT g, skewness(n), kurtosis(n) FROM t GROUP BY g
-- name: boolean_aggregates
SELECT g, bool_and(b), bool_or(b), count_if(b) FROM t GROUP BY g
-- name: bit_aggregates
SELECT g, bit_and(id), bit_or(id), bit_xor(id) FROM t GROUP BY g
-- name: any_value_of_key
SELECT g, any_value(g + 1), min(h) FROM t GROUP BY g
-- name: first_ordered
SELECT g, first(id ORDER BY n DESC, id), last(id ORDER BY n, id), any_value(h ORDER BY id) FROM t GROUP BY g
-- name: string_agg_ordered
SELECT g, string_agg(h, '|' ORDER BY id), list(id ORDER BY id DESC), group_concat(id, ';' ORDER BY id) FROM t GROUP BY g
-- name: string_agg_no_groups
SELECT string_agg(h, ',' ORDER BY id) FROM t
-- name: list_distinct_ordered
SELECT g, list(DISTINCT h ORDER BY h) FROM t GROUP BY g
-- name: quantiles
SELECT g, median(n), quantile_cont(d, 0.25), quantile_disc(n, 0.5), quantile_cont(n, [0.25, 0.75]) FROM t GROUP BY g
-- name: quantiles_no_groups
SELECT median(n), quantile_cont(d, 0.9), quantile_disc(dt, 0.5), mad(n), quantile_cont(n, 0.3 ORDER BY n DESC), percentile_cont(0.25) WITHIN GROUP (ORDER BY n DESC) FROM t
-- name: mode_and_histogram
SELECT g % 2, mode(b), histogram(g), entropy(h) FROM t GROUP BY 1
-- name: arg_min_max
SELECT g, arg_min(h, id), arg_max(h, id), min_by(n, id), max_by(id, n) FROM t WHERE n IS NOT NULL GROUP BY g
-- name: arg_max_no_groups
SELECT arg_max(h, id), arg_min(id, id), arg_max_null(h, id) FROM t
-- name: min_max_n
SELECT g, min(id, 3), max(id, 2), arg_max(h, id, 2) FROM t GROUP BY g
-- name: product_and_sums
SELECT g, product(1 + id / 1000), fsum(d), favg(d) FROM t GROUP BY g
-- name: approx_count_distinct
SELECT approx_count_distinct(h) BETWEEN 1 AND 20 FROM t
-- name: approx_quantile
SELECT g, approx_quantile(g, 0.5) FROM t GROUP BY g
-- name: sum_hugeint_and_decimals
SELECT sum(CAST(id AS BIGINT) * 1000000000000), sum(dec * 1000), avg(CAST(dec AS DECIMAL(18, 6))), sum(CAST(id AS HUGEINT)), sum(CAST(id AS FLOAT)) FROM t
-- name: avg_of_dates
SELECT avg(dt), avg(ts), min(tz) FROM t
-- name: rollup
SELECT g, h, count(*), sum(n) FROM t GROUP BY ROLLUP (g, h)
-- name: cube
SELECT g % 2 AS x, b, count(*), avg(d) FROM t GROUP BY CUBE (g % 2, b)
-- name: grouping_sets
SELECT g, h, b, count(*), count(DISTINCT id), GROUPING(g, h), GROUPING_ID(b) FROM t GROUP BY GROUPING SETS ((g, h), (b), (), (g))
-- name: grouping_sets_shared_key
SELECT g, h, b, sum(n), median(n) FROM t GROUP BY GROUPING SETS ((g, h), (g, b), (g))
-- name: grouping_sets_repeated
SELECT g, count(*) FROM t GROUP BY GROUPING SETS ((g), (g), ())
-- name: grouping_sets_empty_input
SELECT id, count(*) FROM nothing GROUP BY GROUPING SETS ((id), ())
-- name: distinct
SELECT DISTINCT g FROM t
-- name: distinct_rows
SELECT DISTINCT g, h, b FROM t
-- name: distinct_expression
SELECT DISTINCT g % 3, length(h) FROM t
-- name: distinct_nested
SELECT DISTINCT s, l FROM t
-- name: distinct_odd
SELECT DISTINCT f, i FROM odd
-- name: distinct_on_ordered
SELECT DISTINCT ON (g) g, id, n FROM t ORDER BY g, n DESC NULLS LAST, id
-- name: distinct_on_key
SELECT DISTINCT ON (id) id, g FROM t
-- name: nested_aggregates
SELECT c, count(*) FROM (SELECT g, count(*) AS c FROM t GROUP BY g) GROUP BY c
-- name: aggregate_of_aggregate_same_key
SELECT g, max(s) FROM (SELECT g, h, sum(n) AS s FROM t GROUP BY g, h) GROUP BY g
-- name: group_by_join_key
SELECT t.id, count(*), sum(u.v) FROM t JOIN u ON t.id = u.t_id GROUP BY t.id
-- name: pivot
PIVOT t ON b IN (true, false) USING sum(n), count(*) GROUP BY g
-- name: unpivot
UNPIVOT (SELECT id, g, CAST(n AS INTEGER) AS n FROM t) ON g, n INTO NAME what VALUE amount
-- name: json_aggregates
SELECT json_group_array(id), json_group_object(CAST(id AS VARCHAR), g) FROM (SELECT * FROM t WHERE id < 5 ORDER BY id)
-- name: bitstring_agg
SELECT g, bitstring_agg(id, 0, 300)::VARCHAR FROM t GROUP BY g
-- name: summarize
SELECT column_name, column_type, min, max, count FROM (SUMMARIZE SELECT id, g, h FROM t)
-- name: first_where_most_tasks_have_none
SELECT first(h), last(h), any_value(h), arbitrary(n), count(*) FROM t WHERE id = 3
-- name: first_of_null
SELECT first(h), first(g), count(*) FROM t WHERE id = (SELECT min(id) FROM t WHERE h IS NULL)
-- name: scalar_of_one_row
SELECT k, (SELECT DISTINCT h FROM t WHERE id = 3) FROM w
-- name: arg_min_few_rows
SELECT arg_min(h, id), arg_max(h, id), max_by(id, n) FROM t WHERE id IN (3, 4)
-- name: variance_few_rows
SELECT var_samp(n), var_pop(n), stddev(n), covar_samp(n, d), covar_pop(n, d), corr(n, d) FROM t WHERE id IN (3, 4, 5)
-- name: variance_no_rows
SELECT var_samp(x), var_pop(x), covar_pop(x, id), corr(x, id), avg(x), bool_and(x > 1), product(x) FROM nothing
-- name: variance_of_large_values
SELECT var_samp(1e9 + id), stddev_pop(1e9 + n) FROM t
