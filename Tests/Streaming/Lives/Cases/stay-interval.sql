-- what: Rows meet whose times are near.
-- data: generated:4000
-- golden: SELECT a.k, a.n, b.n AS m FROM (SELECT * FROM e WHERE flag) a JOIN (SELECT * FROM e WHERE NOT flag) b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '1 second' AND b.ts + INTERVAL '1 second'
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT a.k, a.n, b.n AS m FROM (SELECT * FROM e WHERE flag) a JOIN (SELECT * FROM e WHERE NOT flag) b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '1 second' AND b.ts + INTERVAL '1 second';
