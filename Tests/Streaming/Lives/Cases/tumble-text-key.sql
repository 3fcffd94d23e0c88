-- what: A key of texts.
-- data: generated:4000
-- golden: SELECT name, sum(n)::BIGINT FROM e GROUP BY epoch_us(ts) // 10000000, name
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT name, sum(n)::BIGINT AS s FROM e GROUP BY tumble(INTERVAL '10 seconds'), name;
