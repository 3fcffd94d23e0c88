-- what: Early results of windows that begin together; without keys each window has one result.
-- data: generated:4000
-- golden: SELECT w * 100000000 + (j + 1) * 50000000 AS "end", count(*) AS c, max(name) AS m FROM (SELECT *, epoch_us(ts) // 100000000 AS w, unnest(range(epoch_us(ts) % 100000000 // 50000000, 2)) AS j FROM e) GROUP BY w, j
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (early_results_every = '500 milliseconds')
    SELECT epoch_us(w."end") AS "end", c, m FROM (SELECT cumulate(INTERVAL '50 seconds', INTERVAL '100 seconds') AS w, count(*) AS c, max(name) AS m FROM e GROUP BY w);
