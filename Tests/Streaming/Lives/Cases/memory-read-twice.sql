-- what: A table in memory is read as often as one likes, with the event time of its rows.
-- data: generated:4000
-- golden p: SELECT k, count(*) AS c FROM e WHERE n > 0 GROUP BY epoch_us(ts) // 5000000, k
-- golden q: SELECT k FROM e WHERE n > 900
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE p WITH (connector = 'single_file', path = '$output/p.json');
CREATE TABLE q WITH (connector = 'single_file', path = '$output/q.json');
CREATE TABLE m (k BIGINT, t INT);
INSERT INTO m SELECT k, n FROM e WHERE n > 0;
INSERT INTO p SELECT k, count(*) AS c FROM m GROUP BY tumble(INTERVAL '5 seconds'), k;
INSERT INTO q SELECT k FROM m WHERE t > 900;
