-- what: A window slides from bound to bound.
-- data: generated:4000
-- golden: SELECT w * 2000000, count(*) FROM (SELECT *, epoch_us(ts) // 2000000 - unnest(range(0, 2)) AS w FROM e) GROUP BY w
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT epoch_us(w.start) AS s, c FROM (SELECT hop(INTERVAL '2 seconds', INTERVAL '4 seconds') AS w, count(*) AS c FROM e GROUP BY w);
