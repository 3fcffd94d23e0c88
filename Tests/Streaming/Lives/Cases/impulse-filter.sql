-- what: The impulse source gives each number once.
-- data: impulse
-- golden: SELECT r, r % 7 FROM range(4000) AS t(r) WHERE r % 3 = 0
CREATE TABLE i WITH (connector = 'impulse', event_rate = '1000', message_count = '4000', event_time_interval_ms = '10');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT counter, counter % 7 AS m FROM i WHERE counter % 3 = 0;
