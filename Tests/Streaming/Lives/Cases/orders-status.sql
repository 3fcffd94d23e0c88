-- what: Orders by what became of them.
-- data: aggregate_updates
-- rows between checkpoints: 120
-- golden: SELECT status, count(*) AS c, sum(quantity) AS q FROM (SELECT unnest(after) FROM (SELECT row_number() OVER () AS i, * FROM read_json('$shared/aggregate_updates.json', columns = {before: 'STRUCT(id BIGINT, customer_name VARCHAR, product_name VARCHAR, quantity BIGINT, price DOUBLE, order_date BIGINT, status VARCHAR)', after: 'STRUCT(id BIGINT, customer_name VARCHAR, product_name VARCHAR, quantity BIGINT, price DOUBLE, order_date BIGINT, status VARCHAR)', op: 'VARCHAR'})) QUALIFY row_number() OVER (PARTITION BY coalesce(after.id, before.id) ORDER BY i DESC) = 1 AND op <> 'd') GROUP BY status
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_name TEXT, product_name TEXT, quantity BIGINT, price DOUBLE, order_date BIGINT, status TEXT,
    ts TIMESTAMP GENERATED ALWAYS AS (make_timestamp(order_date)), WATERMARK FOR ts AS ts - INTERVAL '1 minute')
    WITH (connector = 'single_file', path = '$shared/aggregate_updates.json', format = 'debezium_json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT status, count(*) AS c, sum(quantity) AS q FROM orders GROUP BY status;
