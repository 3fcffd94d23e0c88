-- what: An aggregate without a window over windows.
-- data: generated:4000
-- golden: SELECT c, count(*) AS m FROM (SELECT epoch_us(ts) // 5000000, k, count(*) AS c FROM e GROUP BY 1, 2) GROUP BY c
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT c, count(*) AS m FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k) GROUP BY c;
