-- what: The last row before each one.
-- data: generated:4000
-- golden: SELECT a.k, a.ts, b.n FROM (SELECT * FROM e WHERE n > 800) a ASOF JOIN (SELECT k, ts, max(n) AS n FROM e WHERE NOT flag GROUP BY k, ts) b ON a.k = b.k AND a.ts >= b.ts
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT a.k, a.ts, b.n FROM (SELECT * FROM e WHERE n > 800) a ASOF JOIN (SELECT k, ts, max(n) AS n FROM e WHERE NOT flag GROUP BY k, ts) b ON a.k = b.k AND a.ts >= b.ts;
