-- what: All windows of a width have the same start.
-- data: generated:4000
-- golden: SELECT w * 10000000, w * 10000000 + (j + 1) * 5000000, count(*) FROM (SELECT *, epoch_us(ts) // 10000000 AS w, unnest(range(epoch_us(ts) % 10000000 // 5000000, 2)) AS j FROM e) WHERE flag GROUP BY w, j
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT epoch_us(w.start) AS s, epoch_us(w."end") AS f, c FROM (SELECT cumulate(INTERVAL '5 seconds', INTERVAL '10 seconds') AS w, count(*) AS c FROM e WHERE flag GROUP BY w);
