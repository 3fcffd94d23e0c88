-- name: arithmetic
SELECT id + g, id - n, id * g, id / 3, id // 3, id % 7, -id, d ** 2, @n, id & 6, id | 9, xor(id, 3), ~id, id << 2, id >> 1 FROM t
-- name: decimals
SELECT dec + 1, dec * 2.5, dec / 3, dec - 0.01, CAST(dec AS DECIMAL(18, 4)), round(dec, 1), dec * dec FROM t
-- name: case_when
SELECT CASE WHEN g > 5 THEN 'big' WHEN g IS NULL THEN 'none' END, CASE g WHEN 1 THEN 10 WHEN 2 THEN 20 ELSE 0 END, if(b, 1, 2) FROM t
-- name: coalesce_nullif
SELECT coalesce(g, n, -1), nullif(g, 3), ifnull(h, '?'), greatest(id, g, n), least(id, g, n) FROM t
-- name: try_expressions
SELECT try_cast(h AS INTEGER), TRY(CAST(h AS INTEGER)), try_cast('12' AS INTEGER) + id FROM t
-- name: casts
SELECT CAST(id AS VARCHAR), CAST(n AS DOUBLE), CAST(d AS INTEGER), CAST(dec AS DOUBLE), CAST(dt AS TIMESTAMP), CAST(ts AS DATE), CAST(id AS TINYINT) FROM t WHERE id < 100
-- name: cast_nested
SELECT CAST(l AS BIGINT[]), CAST(s AS STRUCT(x BIGINT, y VARCHAR)), CAST(m AS MAP(VARCHAR, DOUBLE)), CAST(id AS VARCHAR)::ENUM('1', '2', '3') FROM t WHERE id BETWEEN 1 AND 3
-- name: text_functions
SELECT upper(h), length(h), h || '!', substring(h, 2, 3), h[1:2], trim('  x '), replace(h, 'name', 'n'), left(h, 2), right(h, 2), lpad(h, 10, '*'), position('m' IN h), reverse(h), split_part(h, ' ', 2), concat(h, id, NULL), concat_ws('-', h, id), format('{}-{}', id, h), printf('%05d', id), starts_with(h, 'n'), h ^@ 'n', chr(65), ascii(h), repeat('x', 3), strip_accents(h), md5(h) FROM t
-- name: text_with_quotes
SELECT 'it''s "quoted" \n', h || '''' FROM t
-- name: collation
SELECT id FROM t WHERE h COLLATE NOCASE = 'NAME 3'
-- name: date_functions
SELECT extract(year FROM dt), month(dt), date_part('dow', dt), date_trunc('month', dt), date_diff('day', dt, DATE '2022-01-01'), dt + 3, dt - INTERVAL 1 MONTH, dayname(dt), last_day(dt), strftime(dt, '%Y/%m'), make_date(2020, id % 12 + 1, 3) FROM t
-- name: timestamp_functions
SELECT date_trunc('hour', ts), ts + INTERVAL 90 MINUTE, epoch(ts), ts::TIME, time_bucket(INTERVAL 1 DAY, ts), ts - TIMESTAMP '2021-03-01 00:00:00', age(ts, TIMESTAMP '2020-01-01'), strptime('2020-02-03', '%Y-%m-%d') FROM t
-- name: time_zones
SELECT tz AT TIME ZONE 'Europe/Berlin', tz AT TIME ZONE 'UTC', ts AT TIME ZONE 'America/New_York', date_trunc('day', tz), extract(hour FROM tz), tz + INTERVAL 1 DAY FROM t
-- name: interval_values
SELECT INTERVAL 3 MONTH, INTERVAL '1 hour 3 seconds', to_days(id), INTERVAL (id) DAY, -INTERVAL 5 DAY, dt + to_days(g) FROM t
-- name: constants_of_every_type
SELECT 1::TINYINT, 2::SMALLINT, 3, 4::BIGINT, 5::HUGEINT, 6::UTINYINT, 7::USMALLINT, 8::UINTEGER, 18446744073709551615::UBIGINT, 340282366920938463463374607431768211455::UHUGEINT, 1.5::FLOAT, 1e300::DOUBLE, 'nan'::DOUBLE, '-inf'::FLOAT, 12345678901234567890.12::DECIMAL(30, 2), -0.05::DECIMAL(4, 2), true, '\xAB\x00'::BLOB, DATE '2020-02-03', DATE '0044-03-15', 'infinity'::DATE, TIME '01:02:03.5', TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMPTZ '2020-01-02 03:04:05+02', '2020-01-02 03:04:05.678'::TIMESTAMP_MS, '2020-01-02 03:04:05'::TIMESTAMP_S, '2020-01-01 00:00:00.123456789'::TIMESTAMP_NS, '-infinity'::TIMESTAMP, INTERVAL '-3 months 4 days -5 microseconds', UUID '47183823-2574-4bfd-b411-99ed177d3e43', 'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID, 'b'::ENUM('a', 'b'), '01:02:03-03:30'::TIMETZ, '-170141183460469231731687303715884105728'::HUGEINT, id FROM t
-- name: constants_nested
SELECT [1, NULL, 3], []::INTEGER[], [[1], [2, 3]], {'a': 1, 'b': [NULL, 'x']}, MAP {'k': 1, 'l': NULL}, [1, 2]::INTEGER[2], union_value(k := 1), NULL::STRUCT(a INTEGER), row(1, 'x'), id FROM t
-- name: null_comparisons
SELECT g = NULL, g <> 3, g < 3, NULL IS NULL, g IS NULL AND h IS NULL FROM t
-- name: list_functions
SELECT l[1], l[1:2], len(l), list_contains(l, 2), list_sum(l), list_sort(l, 'DESC', 'NULLS LAST'), list_distinct(l), list_aggregate(l, 'max'), l || [9], array_to_string(l, ','), list_zip(l, [1, 2]), flatten([l, l]), list_has_any(l, [1, 2]), list_position(l, 1) FROM t
-- name: list_lambdas
SELECT list_transform(l, lambda x: x + 1), list_filter(l, lambda x: x > 1), list_transform(l, lambda x, i: x * i), list_reduce(l, lambda a, b: coalesce(a, 0) + coalesce(b, 0), 0), list_transform(l, lambda x: x + id) FROM t WHERE l IS NOT NULL
-- name: list_lambdas_nested
SELECT list_transform(l, lambda x: list_transform([1, 2], lambda y: x * y + id)), [x + 1 for x in l if x > 0] FROM t
-- name: list_reduce_captures
SELECT list_reduce([1, 2, 3], lambda a, b: a * 2 + b + id), list_reduce([1, 2, 3], lambda a, b, i: a + b * i + g, 100), list_reduce([1, 2], lambda a, b: a + b + id, n) FROM t WHERE g IS NOT NULL
-- name: struct_functions
SELECT s.x, s['y'], struct_pack(q := id, r := h), {'id': id, 'nested': {'h': h}}, row(id, h), struct_insert(s, z := id), struct_extract(s, 'x'), {'a': id}.a, struct_keys(s) FROM t
-- name: map_functions
SELECT m['k'], map_keys(m), map_values(m), cardinality(m), map_extract(m, 'j'), MAP {h: id}, map_from_entries([(id, h)]), map_concat(m, MAP {'z': 1}), element_at(m, 'k') FROM t WHERE h IS NOT NULL
-- name: union_values
SELECT union_value(num := id), union_tag(union_value(num := id)) FROM t
-- name: json_functions
SELECT to_json(s), json_extract('{"a": 5}', '$.a'), json_object('id', id, 'h', h), json_array(id, g), ('{"a": {"b": ' || id || '}}')::JSON -> 'a' ->> 'b' FROM t
-- name: hash_and_typeof
SELECT hash(id, h) % 7, typeof(dec), md5(h) FROM t
-- name: odd_types
SELECT i, f, e, u, iv, bl, hu, tm, e = 'a', hu - 1, iv * 2, octet_length(bl) FROM odd
-- name: odd_types_compared
SELECT i FROM odd WHERE f = 'nan' OR e > 'a' OR u < UUID '10000000-0000-0000-0000-000000000000' OR iv = INTERVAL 3 DAY
-- name: bits
SELECT bit_count(id), set_bit('0110'::BIT, 0, 1)::VARCHAR, bitstring('101', 5)::VARCHAR FROM t
-- name: between_symmetric
SELECT id FROM t WHERE id BETWEEN g AND n OR d NOT BETWEEN -100 AND 100
-- name: row_comparison
SELECT id FROM t WHERE (g, h) = (3, 'name 4') OR (g, id) > (9, 100)
-- name: blob_functions
SELECT encode(h), hex(h), base64(encode(h)), unhex('AB') FROM t
-- name: math_functions
SELECT abs(n), ceil(d), floor(d), round(d, 2), sqrt(abs(d)), ln(abs(d) + 1), sign(n), pi(), mod(id, 5), gcd(id, 12), isnan(d), trunc(d), cbrt(d), sin(d) FROM t
-- name: boolean_logic
SELECT b AND g > 3, b OR h IS NULL, NOT (b OR g = 2), b = (g > 5), (b AND NULL) IS NULL FROM t
-- name: keywords_as_names
SELECT id AS "select", g AS "from", h AS "with ""quotes""" FROM t ORDER BY "select"
-- name: in_list_expression
SELECT id, g IN (1, n, NULL), id IN (SELECT 5), h IN ('name 1', 'name 2') FROM t
-- name: row_in
SELECT id FROM t WHERE (g, h) IN ((1, 'name 1'), (2, 'name 2'), (3, 'name 3'))
