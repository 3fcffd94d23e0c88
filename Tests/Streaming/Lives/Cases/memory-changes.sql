-- what: Rows that change go through a table in memory.
-- data: generated:4000
-- golden: SELECT c, count(*) AS m FROM (SELECT k, count(*) AS c FROM e GROUP BY k) GROUP BY c
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE TABLE m (k BIGINT, c BIGINT);
INSERT INTO m SELECT k, count(*) FROM e GROUP BY k;
INSERT INTO o SELECT c, count(*) AS m FROM m GROUP BY c;
