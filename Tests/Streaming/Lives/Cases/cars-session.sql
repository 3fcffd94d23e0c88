-- what: Drivers without a ride for twenty minutes.
-- data: cars
-- golden: SELECT driver_id, count(*) AS c FROM (SELECT *, sum(CASE WHEN t - before < 1200000000 THEN 0 ELSE 1 END) OVER (PARTITION BY driver_id ORDER BY t) AS s FROM (SELECT *, epoch_us(timestamp) AS t, lag(epoch_us(timestamp)) OVER (PARTITION BY driver_id ORDER BY timestamp) AS before FROM read_json('$shared/cars.json', columns = {timestamp: 'TIMESTAMP', driver_id: 'BIGINT', event_type: 'VARCHAR', location: 'VARCHAR'}))) GROUP BY driver_id, s
CREATE TABLE cars (timestamp TIMESTAMP NOT NULL, driver_id BIGINT, event_type TEXT, location TEXT, WATERMARK FOR timestamp AS timestamp - INTERVAL '1 minute')
    WITH (connector = 'single_file', path = '$shared/cars.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT driver_id, count(*) AS c FROM cars GROUP BY session(INTERVAL '20 minutes'), driver_id;
