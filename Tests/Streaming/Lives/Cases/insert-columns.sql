-- what: Columns of a sink are named, in any order; those that are not named are null.
-- data: generated:4000
-- golden: SELECT k, count(*), NULL FROM e GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o (k BIGINT, c BIGINT, note TEXT) WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o (c, k) SELECT count(*), k FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
