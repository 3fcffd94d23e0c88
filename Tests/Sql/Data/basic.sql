-- Small tables with many NULLs, repeated and missing keys, an empty one and one of a single row. Everything is a function of the row number.
CREATE MACRO rnd(x) AS CAST(hash(x) >> 33 AS BIGINT);

CREATE TABLE t AS
SELECT
    CAST(i AS INTEGER) AS id,
    CASE WHEN rnd(i * 7) % 5 = 0 THEN NULL ELSE CAST(rnd(i * 7) % 11 AS INTEGER) END AS g,
    CASE WHEN rnd(i * 13) % 6 = 0 THEN NULL ELSE 'name ' || (rnd(i * 13) % 9) END AS h,
    CASE WHEN rnd(i * 17) % 7 = 0 THEN NULL ELSE CAST(rnd(i * 17) % 1000 AS BIGINT) - 500 END AS n,
    CASE WHEN rnd(i * 19) % 8 = 0 THEN NULL ELSE CAST(rnd(i * 19) % 10000 AS DOUBLE) / 7 - 300 END AS d,
    CASE WHEN rnd(i * 23) % 9 = 0 THEN NULL ELSE CAST((rnd(i * 23) % 100000) / 100 AS DECIMAL(12, 2)) END AS dec,
    CASE WHEN rnd(i * 29) % 10 = 0 THEN NULL ELSE DATE '2020-01-01' + CAST(rnd(i * 29) % 700 AS INTEGER) END AS dt,
    CASE WHEN rnd(i * 31) % 10 = 0 THEN NULL ELSE TIMESTAMP '2021-03-01 00:00:00' + to_seconds(CAST(rnd(i * 31) % 1000000 AS BIGINT)) END AS ts,
    CASE WHEN rnd(i * 37) % 10 = 0 THEN NULL ELSE TIMESTAMPTZ '2021-03-27 12:00:00+00' + to_minutes(CAST(rnd(i * 37) % 5000 AS BIGINT)) END AS tz,
    CASE WHEN rnd(i * 41) % 4 = 0 THEN NULL ELSE rnd(i * 41) % 3 = 0 END AS b,
    CASE WHEN i % 9 = 0 THEN NULL WHEN i % 7 = 0 THEN [] ELSE [CAST(i % 5 AS INTEGER), NULL, CAST(i % 3 AS INTEGER)] END AS l,
    CASE WHEN i % 10 = 0 THEN NULL ELSE {'x': CAST(i % 4 AS INTEGER), 'y': 'y' || (i % 3)} END AS s,
    CASE WHEN i % 11 = 0 THEN NULL ELSE MAP {'k': CAST(i % 5 AS INTEGER), 'j': NULL} END AS m
FROM range(211) r(i);

CREATE TABLE u AS
SELECT
    CAST(i AS INTEGER) AS uid,
    CASE WHEN rnd(i * 43) % 6 = 0 THEN NULL ELSE CAST(rnd(i * 43) % 260 AS INTEGER) END AS t_id,
    CASE WHEN rnd(i * 47) % 5 = 0 THEN NULL ELSE CAST(rnd(i * 47) % 14 AS INTEGER) END AS g,
    CASE WHEN rnd(i * 53) % 7 = 0 THEN NULL ELSE CAST(rnd(i * 53) % 2000 AS DOUBLE) / 3 END AS v,
    CASE WHEN rnd(i * 59) % 6 = 0 THEN NULL ELSE 'name ' || (rnd(i * 59) % 12) END AS w,
    CASE WHEN rnd(i * 61) % 10 = 0 THEN NULL ELSE TIMESTAMP '2021-03-01 00:00:00' + to_seconds(CAST(rnd(i * 61) % 1000000 AS BIGINT)) END AS ts
FROM range(157) r(i);

CREATE TABLE w AS SELECT CAST(i AS INTEGER) AS k, CASE WHEN i % 4 = 0 THEN NULL ELSE i * 10 END AS z FROM range(12) r(i);

CREATE TABLE nothing (id INTEGER, v VARCHAR, x DOUBLE);

CREATE TABLE single AS SELECT 5 AS k, 'only' AS v;

CREATE TABLE odd AS
SELECT * FROM (VALUES
    (CAST(1 AS TINYINT), CAST('nan' AS DOUBLE), CAST('a' AS ENUM ('a', 'b', 'c')), UUID '47183823-2574-4bfd-b411-99ed177d3e43', INTERVAL 3 DAY, CAST('\xAB\x00' AS BLOB), CAST(170141183460469231731687303715884105727 AS HUGEINT), TIME '01:02:03.5'),
    (CAST(2 AS TINYINT), CAST('-0.0' AS DOUBLE), 'b', UUID '00000000-0000-0000-0000-000000000001', INTERVAL 2 MONTH, CAST('' AS BLOB), CAST(-5 AS HUGEINT), TIME '23:59:59.999999'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (CAST(2 AS TINYINT), CAST('0.0' AS DOUBLE), 'c', UUID '47183823-2574-4bfd-b411-99ed177d3e43', INTERVAL 72 HOUR, CAST('x' AS BLOB), CAST(0 AS HUGEINT), TIME '00:00:00'),
    (CAST(-7 AS TINYINT), CAST('nan' AS DOUBLE), 'a', UUID 'ffffffff-ffff-ffff-ffff-ffffffffffff', INTERVAL 0 DAY, CAST('x' AS BLOB), CAST(1 AS HUGEINT), NULL)
) v(i, f, e, u, iv, bl, hu, tm);
