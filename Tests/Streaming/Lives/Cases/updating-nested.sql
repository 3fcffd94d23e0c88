-- what: An aggregate of an aggregate that changes.
-- data: generated:4000
-- golden: SELECT c // 50 AS g, count(*) AS m FROM (SELECT k, count(*) AS c FROM e GROUP BY k) GROUP BY g
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT c // 50 AS g, count(*) AS m FROM (SELECT k, count(*) AS c FROM e GROUP BY k) GROUP BY g;
