-- what: Sixty slides in a window.
-- data: generated:4000
-- golden: SELECT name, count(*), avg(n) FROM (SELECT *, epoch_us(ts) // 1000000 - unnest(range(0, 60)) AS w FROM e) GROUP BY w, name
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT name, count(*) AS c, avg(n) AS a FROM e GROUP BY hop(INTERVAL '1 second', INTERVAL '1 minute'), name;
