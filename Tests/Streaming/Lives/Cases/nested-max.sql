-- what: The greatest of the counts of each window.
-- data: generated:4000
-- golden: SELECT max(c), sum(c)::BIGINT FROM (SELECT epoch_us(ts) // 5000000 AS w, count(*) AS c FROM e GROUP BY w, k) GROUP BY w
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT max(c) AS m, sum(c)::BIGINT AS s FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k) GROUP BY tumble(INTERVAL '5 seconds');
