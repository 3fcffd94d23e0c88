-- what: A window over a join of rows that stay, whose time is the later one.
-- data: generated:4000
-- golden: SELECT a.k, count(*) AS c FROM (SELECT * FROM e WHERE n > 900) a JOIN (SELECT * FROM e WHERE n < -900) b ON a.k = b.k GROUP BY epoch_us(greatest(a.ts, b.ts)) // 10000000, a.k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW p AS SELECT a.k FROM (SELECT * FROM e WHERE n > 900) a JOIN (SELECT * FROM e WHERE n < -900) b ON a.k = b.k;
INSERT INTO o SELECT k, count(*) AS c FROM p GROUP BY tumble(INTERVAL '10 seconds'), k;
