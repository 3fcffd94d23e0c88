-- what: A generated column of changes.
-- data: generated:4000
-- file f.json: WITH r AS (SELECT row_number() OVER () - 1 AS i, * FROM e), x AS (SELECT *, {'id': i, 'k': k, 'n': n, 'ts': ts} AS one, {'id': i, 'k': k, 'n': n * 2, 'ts': ts} AS two FROM r) SELECT before, after, op FROM (SELECT i * 10 AS p, NULL AS before, one AS after, CASE WHEN i < 100 THEN 'r' ELSE 'c' END AS op FROM x UNION ALL SELECT i * 10 + 2001, one, two, 'u' FROM x WHERE i % 3 = 0 UNION ALL SELECT i * 10 + 4002, CASE WHEN i % 3 = 0 THEN two ELSE one END, NULL, 'd' FROM x WHERE i % 5 = 0) ORDER BY p
-- golden: SELECT g, count(*) AS c FROM (SELECT m // 100 AS g FROM (SELECT *, CASE WHEN i % 3 = 0 THEN n * 2 ELSE n END AS m FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE i % 5 <> 0)) GROUP BY g
CREATE TABLE f (id BIGINT PRIMARY KEY, k BIGINT, n INT, g INT GENERATED ALWAYS AS (n // 100), ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '10 seconds')
    WITH (connector = 'single_file', path = '$input/f.json', format = 'debezium_json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT g, count(*) AS c FROM f GROUP BY g;
