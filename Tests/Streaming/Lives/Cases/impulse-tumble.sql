-- what: Numbers counted by key and window.
-- data: impulse
-- golden: SELECT r % 5, count(*), sum(r)::BIGINT FROM range(4000) AS t(r) GROUP BY r // 100, r % 5
CREATE TABLE i WITH (connector = 'impulse', event_rate = '1000', message_count = '4000', event_time_interval_ms = '10');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT counter % 5 AS k, count(*) AS c, sum(counter)::BIGINT AS s FROM i GROUP BY tumble(INTERVAL '1 second'), counter % 5;
