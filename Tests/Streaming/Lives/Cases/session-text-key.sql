-- what: Sessions of texts, with their extremes.
-- data: generated:4000
-- golden: SELECT name, count(*), max(v), bool_or(flag) FROM (SELECT *, sum(CASE WHEN t - before < 300000 THEN 0 ELSE 1 END) OVER (PARTITION BY name ORDER BY t) AS s FROM (SELECT *, epoch_us(ts) AS t, lag(epoch_us(ts)) OVER (PARTITION BY name ORDER BY ts) AS before FROM e WHERE true)) GROUP BY name, s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT name, count(*) AS c, max(v) AS m, bool_or(flag) AS b FROM e GROUP BY session(INTERVAL '300 milliseconds'), name;
