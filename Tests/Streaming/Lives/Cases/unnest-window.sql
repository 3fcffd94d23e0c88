-- what: A window over rows of lists.
-- data: generated:4000
-- golden: SELECT i, count(*) AS c FROM (SELECT ts, unnest([k, k + 1]) AS i FROM e) GROUP BY epoch_us(ts) // 5000000, i
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT i, count(*) AS c FROM (SELECT unnest([k, k + 1]) AS i FROM e) GROUP BY tumble(INTERVAL '5 seconds'), i;
