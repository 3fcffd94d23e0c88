-- what: A view is a name for a query.
-- data: generated:4000
-- golden: SELECT k, count(*) FROM e WHERE n > 0 GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW busy AS SELECT k, n FROM e WHERE n > 0;
INSERT INTO o SELECT k, count(*) AS c FROM busy GROUP BY tumble(INTERVAL '5 seconds'), k;
