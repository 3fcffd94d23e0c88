-- what: Rides by the minute.
-- data: cars
-- golden: SELECT event_type, count(*) AS c FROM read_json('$shared/cars.json', columns = {timestamp: 'TIMESTAMP', driver_id: 'BIGINT', event_type: 'VARCHAR', location: 'VARCHAR'}) GROUP BY epoch_us(timestamp) // 60000000, event_type
CREATE TABLE cars (timestamp TIMESTAMP NOT NULL, driver_id BIGINT, event_type TEXT, location TEXT, WATERMARK FOR timestamp AS timestamp - INTERVAL '1 minute')
    WITH (connector = 'single_file', path = '$shared/cars.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT event_type, count(*) AS c FROM cars GROUP BY tumble(INTERVAL '1 minute'), event_type;
