-- what: Hopping windows overlap: a row counts in width / slide of them.
-- data: generated:4000
-- golden: SELECT count(*) FROM (SELECT *, epoch_us(ts) // 2000000 - unnest(range(0, 3)) AS w FROM e) GROUP BY w
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT count(*) AS c FROM e GROUP BY hop(INTERVAL '2 seconds', INTERVAL '6 seconds');
