-- what: The bounds of a window are columns of its struct.
-- data: generated:4000
-- golden: SELECT epoch_us(ts) // 5000000 * 5000000 AS s, s + 5000000, k, count(*) FROM e GROUP BY s, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT epoch_us(w.start) AS s, epoch_us(w."end") AS f, k, c FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k);
