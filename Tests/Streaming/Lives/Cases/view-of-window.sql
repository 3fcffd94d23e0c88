-- what: A view over a window.
-- data: generated:4000
-- golden: SELECT k, count(*) FROM e GROUP BY epoch_us(ts) // 5000000, k HAVING count(*) > 5
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW counts AS SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k;
INSERT INTO o SELECT k, c FROM counts WHERE c > 5;
