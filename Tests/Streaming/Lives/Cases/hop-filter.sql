-- what: Filters before and inside of a hopping window.
-- data: generated:4000
-- golden: SELECT k, count(*) FILTER (v > 0) FROM (SELECT *, epoch_us(ts) // 2000000 - unnest(range(0, 3)) AS w FROM e) WHERE n IS NOT NULL GROUP BY w, k HAVING count(*) > 2
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) FILTER (v > 0) AS p FROM e WHERE n IS NOT NULL GROUP BY hop(INTERVAL '2 seconds', INTERVAL '6 seconds'), k HAVING count(*) > 2;
