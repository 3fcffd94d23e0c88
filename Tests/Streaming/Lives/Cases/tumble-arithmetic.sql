-- what: Expressions over several aggregates.
-- data: generated:4000
-- golden: SELECT k, (sum(n) + count(*))::BIGINT, max(v) - min(v) FROM e GROUP BY epoch_us(ts) // 10000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, (sum(n) + count(*))::BIGINT AS x, max(v) - min(v) AS spread FROM e GROUP BY tumble(INTERVAL '10 seconds'), k;
