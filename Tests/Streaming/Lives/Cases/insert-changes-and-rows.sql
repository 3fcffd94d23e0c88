-- what: Rows that change and rows that stay go into one sink.
-- data: generated:4000
-- golden: SELECT k, count(*) AS c FROM e GROUP BY k UNION ALL SELECT k, n FROM e WHERE n > 980
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT k, count(*) AS c FROM e GROUP BY k;
INSERT INTO o SELECT k, n FROM e WHERE n > 980;
