-- what: A left join without a window takes a row back when its other side comes.
-- data: generated:4000
-- golden: SELECT a.k, a.n, b.v FROM (SELECT * FROM e WHERE n > 900) a LEFT JOIN (SELECT * FROM e WHERE v > 98) b ON a.k = b.k AND a.n % 2 = 0
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT a.k, a.n, b.v FROM (SELECT * FROM e WHERE n > 900) a LEFT JOIN (SELECT * FROM e WHERE v > 98) b ON a.k = b.k AND a.n % 2 = 0;
