-- what: Pickups beside dropoffs of each driver and hour.
-- data: cars
-- golden: WITH x AS (SELECT *, epoch_us(timestamp) // 3600000000 AS w FROM read_json('$shared/cars.json', columns = {timestamp: 'TIMESTAMP', driver_id: 'BIGINT', event_type: 'VARCHAR', location: 'VARCHAR'})), p AS (SELECT w, driver_id, count(*) AS c FROM x WHERE event_type = 'pickup' GROUP BY ALL), d AS (SELECT w, driver_id, count(*) AS c FROM x WHERE event_type = 'dropoff' GROUP BY ALL) SELECT p.driver_id, p.c, d.c AS q FROM p LEFT JOIN d ON p.w = d.w AND p.driver_id = d.driver_id
CREATE TABLE cars (timestamp TIMESTAMP NOT NULL, driver_id BIGINT, event_type TEXT, location TEXT, WATERMARK FOR timestamp AS timestamp - INTERVAL '1 minute')
    WITH (connector = 'single_file', path = '$shared/cars.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW p AS SELECT tumble(INTERVAL '1 hour') AS w, driver_id, count(*) AS c FROM cars WHERE event_type = 'pickup' GROUP BY w, driver_id;
CREATE VIEW d AS SELECT tumble(INTERVAL '1 hour') AS w, driver_id, count(*) AS c FROM cars WHERE event_type = 'dropoff' GROUP BY w, driver_id;
INSERT INTO o SELECT p.driver_id, p.c, d.c AS q FROM p LEFT JOIN d ON p.w = d.w AND p.driver_id = d.driver_id;
