-- what: Cumulating windows begin together and grow step by step.
-- data: generated:4000
-- golden: SELECT count(*) FROM (SELECT *, epoch_us(ts) // 10000000 AS w, unnest(range(epoch_us(ts) % 10000000 // 2000000, 5)) AS j FROM e) GROUP BY w, j
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT count(*) AS c FROM e GROUP BY cumulate(INTERVAL '2 seconds', INTERVAL '10 seconds');
