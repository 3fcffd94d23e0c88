-- what: Windows meet rows that stay.
-- data: generated:4000
-- golden: SELECT w.k, w.c, e.n FROM (SELECT k, count(*) AS c FROM e GROUP BY epoch_us(ts) // 5000000, k) w JOIN e ON w.k = e.k WHERE e.n > 990
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW w AS SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k;
INSERT INTO o SELECT w.k, c, e.n FROM w JOIN e ON w.k = e.k WHERE e.n > 990;
