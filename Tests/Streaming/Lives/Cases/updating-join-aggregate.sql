-- what: Rows meet an aggregate that changes.
-- data: generated:4000
-- golden: SELECT a.k, a.n, b.c FROM (SELECT * FROM e WHERE n > 900) a JOIN (SELECT k, count(*) AS c FROM e GROUP BY k) b ON a.k = b.k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT a.k, a.n, b.c FROM (SELECT * FROM e WHERE n > 900) a JOIN (SELECT k, count(*) AS c FROM e GROUP BY k) b ON a.k = b.k;
