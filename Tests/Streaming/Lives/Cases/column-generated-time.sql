-- what: A generated column is the event time.
-- data: generated:4000
-- golden: SELECT (epoch_us(ts) + 86400000000) // 5000000 * 5000000 AS s, count(*) FROM e GROUP BY s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, moment TIMESTAMP GENERATED ALWAYS AS (ts + INTERVAL '1 day'), WATERMARK FOR moment AS moment - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT epoch_us(w.start) AS s, c FROM (SELECT tumble(INTERVAL '5 seconds') AS w, count(*) AS c FROM e GROUP BY w);
