-- query: s01
-- order: 0, 2, 1
SELECT d_year, i_brand, sum(ss_paid) AS paid
FROM store_sales JOIN date_dim ON ss_date_key = d_date_key JOIN item ON ss_item_key = i_item_key
WHERE d_month = 11 AND i_maker_id BETWEEN 1 AND 50
GROUP BY d_year, i_brand ORDER BY d_year, paid DESC, i_brand LIMIT 100

-- query: s02
-- order: 0
WITH daily AS (
    SELECT d_week_seq, d_day_name, ss_paid AS paid FROM store_sales JOIN date_dim ON ss_date_key = d_date_key
    UNION ALL
    SELECT d_week_seq, d_day_name, ws_paid FROM web_sales JOIN date_dim ON ws_date_key = d_date_key),
weekly AS (
    SELECT d_week_seq, sum(paid) FILTER (d_day_name = 'Sunday') AS sunday, sum(paid) FILTER (d_day_name = 'Saturday') AS saturday, sum(paid) AS whole
    FROM daily GROUP BY d_week_seq)
SELECT a.d_week_seq, a.sunday - b.sunday AS sunday_change, a.saturday - b.saturday AS saturday_change, a.whole - b.whole AS change
FROM weekly a JOIN weekly b ON a.d_week_seq = b.d_week_seq + 52
ORDER BY a.d_week_seq

-- query: s03
-- order: 0
WITH returned AS (
    SELECT sr_customer_key AS customer, sr_store_key AS store, sum(sr_amount) AS total
    FROM store_returns JOIN date_dim ON sr_date_key = d_date_key WHERE d_year = 2000 GROUP BY ALL)
SELECT c_customer_id FROM returned r JOIN store ON s_store_key = r.store JOIN customer ON c_customer_key = r.customer
WHERE s_state = 'TN' AND r.total > (SELECT avg(total) * 1.2 FROM returned o WHERE o.store = r.store)
ORDER BY c_customer_id LIMIT 100

-- query: s04
-- order: 0, 1
SELECT s_state, i_category, sum(ss_profit) AS profit, grouping(s_state) + grouping(i_category) AS level
FROM store_sales JOIN item ON ss_item_key = i_item_key JOIN store ON ss_store_key = s_store_key
GROUP BY ROLLUP (s_state, i_category) ORDER BY s_state NULLS LAST, i_category NULLS LAST, level, profit

-- query: s05
-- order: 0, 1, 2
SELECT channel, d_year, d_quarter, sum(paid) AS paid, count(*) AS lines
FROM (
    SELECT 'store' AS channel, ss_date_key AS day, ss_paid AS paid FROM store_sales
    UNION ALL SELECT 'web', ws_date_key, ws_paid FROM web_sales) JOIN date_dim ON day = d_date_key
GROUP BY GROUPING SETS ((channel, d_year, d_quarter), (channel, d_year), (channel), ())
ORDER BY channel NULLS LAST, d_year NULLS LAST, d_quarter NULLS LAST

-- query: s06
-- order: 1, 0
SELECT c_state, count(*) AS n
FROM customer JOIN store_sales ON c_customer_key = ss_customer_key JOIN date_dim ON ss_date_key = d_date_key JOIN item i ON ss_item_key = i.i_item_key
WHERE d_month_seq = (SELECT DISTINCT d_month_seq FROM date_dim WHERE d_year = 2001 AND d_month = 1)
    AND i.i_price > 1.2 * (SELECT avg(j.i_price) FROM item j WHERE j.i_category = i.i_category)
GROUP BY c_state HAVING count(*) >= 3 ORDER BY n, c_state

-- query: s07
-- order: 0
-- float tolerance: 1e-9
SELECT i_item_id, avg(ss_quantity) AS quantity, avg(ss_list_price) AS list_price, avg(ss_coupon) AS coupon, avg(ss_sales_price) AS sales_price
FROM store_sales JOIN item ON ss_item_key = i_item_key JOIN promotion ON ss_promo_key = p_promo_key JOIN date_dim ON ss_date_key = d_date_key
WHERE d_year = 2000 AND (p_by_mail IS FALSE OR p_by_event IS FALSE)
GROUP BY i_item_id ORDER BY i_item_id LIMIT 100

-- query: s08
-- order: 0
SELECT c_city FROM customer WHERE c_income_band > 10
INTERSECT
SELECT s_city FROM store
ORDER BY c_city

-- query: s09
-- float tolerance: 1e-9
SELECT
    CASE WHEN (SELECT count(*) FROM store_sales WHERE ss_quantity BETWEEN 1 AND 20) > 1000
        THEN (SELECT avg(ss_coupon) FROM store_sales WHERE ss_quantity BETWEEN 1 AND 20)
        ELSE (SELECT avg(ss_paid) FROM store_sales WHERE ss_quantity BETWEEN 1 AND 20) END AS low,
    CASE WHEN (SELECT count(*) FROM store_sales WHERE ss_quantity BETWEEN 81 AND 100) > 100000000
        THEN (SELECT avg(ss_coupon) FROM store_sales WHERE ss_quantity BETWEEN 81 AND 100)
        ELSE (SELECT avg(ss_paid) FROM store_sales WHERE ss_quantity BETWEEN 81 AND 100) END AS high
FROM store WHERE s_store_key = 1

-- query: s10
-- order: 0, 1
SELECT c_state, c_dependents, count(*) AS n
FROM customer c
WHERE EXISTS (SELECT 1 FROM store_sales JOIN date_dim ON ss_date_key = d_date_key WHERE ss_customer_key = c.c_customer_key AND d_year = 2001)
    AND (EXISTS (SELECT 1 FROM web_sales JOIN date_dim ON ws_date_key = d_date_key WHERE ws_customer_key = c.c_customer_key AND d_year = 2001)
        OR NOT EXISTS (SELECT 1 FROM store_returns WHERE sr_customer_key = c.c_customer_key))
GROUP BY c_state, c_dependents ORDER BY c_state, c_dependents

-- query: s11
-- order: 0
WITH totals AS (
    SELECT c_customer_id AS id, d_year AS year, 'store' AS channel, sum(ss_paid) AS total
    FROM customer JOIN store_sales ON c_customer_key = ss_customer_key JOIN date_dim ON ss_date_key = d_date_key GROUP BY ALL
    UNION ALL
    SELECT c_customer_id, d_year, 'web', sum(ws_paid)
    FROM customer JOIN web_sales ON c_customer_key = ws_customer_key JOIN date_dim ON ws_date_key = d_date_key GROUP BY ALL)
SELECT s1.id FROM totals s1 JOIN totals s2 USING (id) JOIN totals w1 USING (id) JOIN totals w2 USING (id)
WHERE s1.channel = 'store' AND s1.year = 2000 AND s2.channel = 'store' AND s2.year = 2001
    AND w1.channel = 'web' AND w1.year = 2000 AND w2.channel = 'web' AND w2.year = 2001
    AND s1.total > 0 AND w1.total > 0 AND w2.total * s1.total > s2.total * w1.total
ORDER BY s1.id LIMIT 100

-- query: s12
-- order: 0, 1, 2
-- float tolerance: 1e-9
SELECT i_category, i_class, i_item_id, sum(ws_paid) AS revenue,
    sum(ws_paid) * 100.0 / sum(sum(ws_paid)) OVER (PARTITION BY i_class) AS share
FROM web_sales JOIN item ON ws_item_key = i_item_key JOIN date_dim ON ws_date_key = d_date_key
WHERE i_category IN ('Books', 'Home', 'Sports') AND d_date BETWEEN DATE '1999-02-22' AND DATE '1999-06-22'
GROUP BY i_item_id, i_category, i_class ORDER BY i_category, i_class NULLS LAST, i_item_id

-- query: s13
-- float tolerance: 1e-9
SELECT avg(ss_quantity) AS quantity, avg(ss_paid) AS paid, avg(ss_wholesale_cost) AS cost, sum(ss_wholesale_cost) AS total
FROM store_sales JOIN store ON s_store_key = ss_store_key JOIN customer ON c_customer_key = ss_customer_key JOIN date_dim ON ss_date_key = d_date_key
WHERE d_year = 2001
    AND ((c_dependents = 3 AND ss_sales_price BETWEEN 10 AND 150) OR (c_dependents = 1 AND ss_sales_price BETWEEN 50 AND 100))
    AND ((c_state IN ('TN', 'TX') AND ss_profit BETWEEN -1000 AND 2000) OR (c_state IN ('OH', 'GA') AND ss_profit BETWEEN 150 AND 3000))

-- query: s14
-- order: 0, 1
WITH both_channels AS (
    SELECT i_brand AS brand, i_class AS class FROM store_sales JOIN item ON ss_item_key = i_item_key
    INTERSECT
    SELECT i_brand, i_class FROM web_sales JOIN item ON ws_item_key = i_item_key)
SELECT i_brand, i_class, count(*) AS n, sum(ss_quantity) AS quantity
FROM store_sales JOIN item ON ss_item_key = i_item_key
WHERE (i_brand, i_class) IN (SELECT brand, class FROM both_channels WHERE brand IS NOT NULL AND class IS NOT NULL)
GROUP BY i_brand, i_class
HAVING sum(ss_paid) > (SELECT avg(ss_paid) FROM store_sales) * 5
ORDER BY i_brand, i_class

-- query: s15
-- order: 0
SELECT c_city, sum(ws_paid) AS paid
FROM web_sales JOIN customer ON ws_customer_key = c_customer_key JOIN date_dim ON ws_date_key = d_date_key
WHERE (substr(c_city, 1, 4) IN ('Fair', 'Lake') OR c_state IN ('CA', 'WA', 'GA') OR ws_paid > 500) AND d_quarter = 2 AND d_year = 2001
GROUP BY c_city ORDER BY c_city

-- query: s16
SELECT count(DISTINCT ws_order) AS orders, sum(ws_paid) AS paid, sum(ws_profit) AS profit
FROM web_sales w
WHERE ws_site IN (1, 2)
    AND EXISTS (SELECT 1 FROM web_sales o WHERE o.ws_order = w.ws_order AND o.ws_item_key <> w.ws_item_key)
    AND NOT EXISTS (SELECT 1 FROM store_returns WHERE sr_customer_key = w.ws_customer_key AND sr_reason = 'damaged')

-- query: s17
-- order: 0, 1
-- float tolerance: 1e-6
SELECT i_item_id, s_state, count(*) AS sales, avg(ss_quantity) AS mean_sold, stddev_samp(ss_quantity) AS deviation,
    count(sr_quantity) AS returns, avg(sr_quantity) AS mean_returned
FROM store_sales LEFT JOIN store_returns ON ss_ticket = sr_ticket AND ss_item_key = sr_item_key
    JOIN item ON ss_item_key = i_item_key JOIN store ON ss_store_key = s_store_key
GROUP BY i_item_id, s_state HAVING count(sr_quantity) > 2 ORDER BY i_item_id, s_state

-- query: s18
-- order: 0, 1, 2
-- float tolerance: 1e-9
SELECT c_birth_country, c_state, c_city, count(*) AS n, avg(ws_quantity) AS quantity, avg(ws_paid) AS paid
FROM web_sales JOIN customer ON ws_customer_key = c_customer_key JOIN date_dim ON ws_date_key = d_date_key
WHERE d_year = 1998 AND c_birth_year > 1950
GROUP BY ROLLUP (c_birth_country, c_state, c_city)
ORDER BY c_birth_country NULLS FIRST, c_state NULLS FIRST, c_city NULLS FIRST, n

-- query: s19
-- order: 2, 0, 1
SELECT i_brand, i_maker_id, sum(ss_paid) AS paid
FROM store_sales JOIN date_dim ON ss_date_key = d_date_key JOIN item ON ss_item_key = i_item_key
    JOIN customer ON ss_customer_key = c_customer_key JOIN store ON ss_store_key = s_store_key
WHERE d_month = 11 AND d_year = 1999 AND c_state <> s_state
GROUP BY i_brand, i_maker_id ORDER BY paid DESC, i_brand, i_maker_id LIMIT 50

-- query: s20
-- order: 0, 1
SELECT i_category, i_item_id, paid, rank() OVER (PARTITION BY i_category ORDER BY paid DESC) AS place
FROM (SELECT i_category, i_item_id, sum(ss_paid) AS paid FROM store_sales JOIN item ON ss_item_key = i_item_key GROUP BY ALL)
QUALIFY rank() OVER (PARTITION BY i_category ORDER BY paid DESC) <= 3
ORDER BY i_category NULLS LAST, i_item_id

-- query: s21
-- order: 0, 1
SELECT s_name, i_item_id,
    sum(CASE WHEN d_date < DATE '2000-03-11' THEN ss_quantity ELSE 0 END) AS before, sum(CASE WHEN d_date >= DATE '2000-03-11' THEN ss_quantity ELSE 0 END) AS after
FROM store_sales JOIN store ON s_store_key = ss_store_key JOIN item ON i_item_key = ss_item_key JOIN date_dim ON ss_date_key = d_date_key
WHERE i_price BETWEEN 1 AND 150 AND d_date BETWEEN DATE '2000-03-11' - 60 AND DATE '2000-03-11' + 60
GROUP BY s_name, i_item_id
HAVING before > 0 AND after * 3 BETWEEN before * 2 AND before * 9
ORDER BY s_name, i_item_id LIMIT 100

-- query: s22
-- order: 4, 0, 1, 2, 3
-- float tolerance: 1e-9
SELECT i_category, i_class, i_brand, i_item_id, avg(ss_quantity) AS quantity
FROM store_sales JOIN item ON ss_item_key = i_item_key JOIN date_dim ON ss_date_key = d_date_key
WHERE d_month_seq BETWEEN 24 AND 35
GROUP BY CUBE (i_category, i_class), i_brand, i_item_id
HAVING count(*) > 3
ORDER BY quantity, i_category, i_class, i_brand, i_item_id LIMIT 100

-- query: s23
WITH frequent AS (
    SELECT ss_item_key AS item FROM store_sales JOIN date_dim ON ss_date_key = d_date_key WHERE d_year IN (2000, 2001)
    GROUP BY ss_item_key, d_month_seq HAVING count(*) > 4),
spent AS (SELECT ss_customer_key AS customer, sum(ss_quantity * ss_sales_price) AS total FROM store_sales WHERE ss_customer_key IS NOT NULL GROUP BY ALL),
best AS (SELECT customer FROM spent WHERE total > 0.5 * (SELECT max(total) FROM spent))
SELECT sum(ws_quantity * ws_sales_price) AS sales
FROM web_sales JOIN date_dim ON ws_date_key = d_date_key
WHERE d_year = 2001 AND ws_item_key IN (SELECT item FROM frequent) AND ws_customer_key IN (SELECT customer FROM best)

-- query: s24
-- order: 0, 1, 2
WITH tickets AS (
    SELECT c_last_name AS last, c_first_name AS first, s_name AS store, i_color AS color, sum(ss_paid) AS paid
    FROM store_sales JOIN store_returns ON ss_ticket = sr_ticket AND ss_item_key = sr_item_key
        JOIN customer ON ss_customer_key = c_customer_key JOIN item ON ss_item_key = i_item_key JOIN store ON ss_store_key = s_store_key
    WHERE c_birth_country <> upper(c_city)
    GROUP BY ALL)
SELECT last, first, store, sum(paid) AS paid FROM tickets WHERE color = 'peach'
GROUP BY last, first, store HAVING sum(paid) > (SELECT 0.05 * avg(paid) FROM tickets)
ORDER BY last, first, store

-- query: s25
-- order: 0, 1
SELECT i_item_id, s_name, max(ss_profit) AS sold, max(sr_amount) AS returned, max(ws_profit) AS web
FROM store_sales JOIN store_returns ON ss_ticket = sr_ticket AND ss_item_key = sr_item_key
    JOIN web_sales ON sr_customer_key = ws_customer_key AND sr_item_key = ws_item_key
    JOIN item ON ss_item_key = i_item_key JOIN store ON ss_store_key = s_store_key
GROUP BY i_item_id, s_name ORDER BY i_item_id, s_name LIMIT 100

-- query: s26
-- order: 0
-- float tolerance: 1e-9
SELECT coalesce(p_purpose, 'none') AS purpose, count(*) AS n, avg(ws_quantity) AS quantity, count(DISTINCT ws_customer_key) AS customers
FROM web_sales LEFT JOIN promotion ON ws_promo_key = p_promo_key
GROUP BY purpose ORDER BY purpose

-- query: s27
-- order: 0, 1
SELECT i_category, d_year, sum(ss_paid) AS paid,
    sum(ss_paid) - lag(sum(ss_paid)) OVER (PARTITION BY i_category ORDER BY d_year) AS change
FROM store_sales JOIN date_dim ON ss_date_key = d_date_key JOIN item ON ss_item_key = i_item_key
GROUP BY i_category, d_year ORDER BY i_category NULLS LAST, d_year

-- query: s28
-- float tolerance: 1e-9
SELECT * FROM
    (SELECT avg(ss_list_price) AS a1, count(ss_list_price) AS n1, count(DISTINCT ss_list_price) AS d1 FROM store_sales WHERE ss_quantity BETWEEN 0 AND 5) b1,
    (SELECT avg(ss_list_price) AS a2, count(ss_list_price) AS n2, count(DISTINCT ss_list_price) AS d2 FROM store_sales WHERE ss_quantity BETWEEN 6 AND 10) b2,
    (SELECT avg(ss_list_price) AS a3, count(ss_list_price) AS n3, count(DISTINCT ss_list_price) AS d3 FROM store_sales WHERE ss_quantity BETWEEN 11 AND 15) b3

-- query: s29
-- order: 0, 1
SELECT coalesce(s.customer, w.customer) AS customer, coalesce(s.item, w.item) AS item, s.n AS in_stores, w.n AS on_web
FROM (SELECT ss_customer_key AS customer, ss_item_key AS item, count(*) AS n FROM store_sales WHERE ss_date_key BETWEEN 700 AND 760 GROUP BY ALL) s
    FULL JOIN (SELECT ws_customer_key AS customer, ws_item_key AS item, count(*) AS n FROM web_sales WHERE ws_date_key BETWEEN 700 AND 760 GROUP BY ALL) w
    ON s.customer = w.customer AND s.item = w.item
ORDER BY customer NULLS LAST, item, in_stores NULLS LAST, on_web NULLS LAST LIMIT 200

-- query: s30
SELECT count(*) FILTER (s.item IS NOT NULL AND w.item IS NULL) AS store_only,
    count(*) FILTER (s.item IS NULL AND w.item IS NOT NULL) AS web_only, count(*) FILTER (s.item IS NOT NULL AND w.item IS NOT NULL) AS in_both
FROM (SELECT DISTINCT ss_customer_key AS customer, ss_item_key AS item FROM store_sales) s
    FULL JOIN (SELECT DISTINCT ws_customer_key AS customer, ws_item_key AS item FROM web_sales) w ON s.customer = w.customer AND s.item = w.item

-- query: s31
-- order: 0
WITH store_quarters AS (
    SELECT c_state AS state, d_quarter AS quarter, sum(ss_paid) AS paid FROM store_sales JOIN date_dim ON ss_date_key = d_date_key
        JOIN customer ON ss_customer_key = c_customer_key WHERE d_year = 2000 GROUP BY ALL),
web_quarters AS (
    SELECT c_state AS state, d_quarter AS quarter, sum(ws_paid) AS paid FROM web_sales JOIN date_dim ON ws_date_key = d_date_key
        JOIN customer ON ws_customer_key = c_customer_key WHERE d_year = 2000 GROUP BY ALL)
SELECT s1.state, s2.paid - s1.paid AS store_growth, w2.paid - w1.paid AS web_growth
FROM store_quarters s1 JOIN store_quarters s2 ON s1.state = s2.state AND s2.quarter = 2
    JOIN web_quarters w1 ON s1.state = w1.state AND w1.quarter = 1 JOIN web_quarters w2 ON s1.state = w2.state AND w2.quarter = 2
WHERE s1.quarter = 1 ORDER BY s1.state

-- query: s32
SELECT sum(ws_paid) AS excess
FROM web_sales w JOIN item ON ws_item_key = i_item_key
WHERE i_maker_id < 40 AND ws_paid > (SELECT 1.3 * avg(o.ws_paid) FROM web_sales o WHERE o.ws_item_key = w.ws_item_key)

-- query: s33
-- order: 1, 0
SELECT i_maker_id, sum(total) AS total
FROM (
    SELECT i_maker_id, sum(ss_paid) AS total FROM store_sales JOIN item ON ss_item_key = i_item_key
    WHERE i_maker_id IN (SELECT i_maker_id FROM item WHERE i_category = 'Books') GROUP BY i_maker_id
    UNION ALL
    SELECT i_maker_id, sum(ws_paid) FROM web_sales JOIN item ON ws_item_key = i_item_key
    WHERE i_maker_id IN (SELECT i_maker_id FROM item WHERE i_category = 'Books') GROUP BY i_maker_id)
GROUP BY i_maker_id ORDER BY total DESC, i_maker_id LIMIT 100

-- query: s34
-- order: 2, 0
SELECT c_customer_id, ticket, lines
FROM (SELECT ss_ticket AS ticket, ss_customer_key AS customer, count(*) AS lines FROM store_sales JOIN date_dim ON ss_date_key = d_date_key
        WHERE d_month = 12 GROUP BY ALL HAVING count(*) BETWEEN 8 AND 10) JOIN customer ON customer = c_customer_key
ORDER BY lines DESC, c_customer_id, ticket

-- query: s35
SELECT count(*) AS n FROM (
    SELECT DISTINCT c_last_name, c_first_name, d_date FROM store_sales JOIN date_dim ON ss_date_key = d_date_key JOIN customer ON ss_customer_key = c_customer_key
    WHERE d_month_seq BETWEEN 12 AND 23
    EXCEPT
    SELECT DISTINCT c_last_name, c_first_name, d_date FROM web_sales JOIN date_dim ON ws_date_key = d_date_key JOIN customer ON ws_customer_key = c_customer_key
    WHERE d_month_seq BETWEEN 12 AND 23)

-- query: s36
-- order: 3, 0, 1
SELECT i_category, i_class, sum(ss_profit) AS profit, grouping(i_category) + grouping(i_class) AS level,
    rank() OVER (PARTITION BY grouping(i_category) + grouping(i_class), CASE WHEN grouping(i_class) = 0 THEN i_category END ORDER BY sum(ss_profit)) AS place
FROM store_sales JOIN item ON ss_item_key = i_item_key JOIN date_dim ON ss_date_key = d_date_key
WHERE d_year = 2001
GROUP BY ROLLUP (i_category, i_class) ORDER BY level DESC, i_category NULLS LAST, i_class NULLS LAST

-- query: s37
-- order: 0, 1
SELECT s_state, d_date, sum(ss_paid) AS paid,
    sum(sum(ss_paid)) OVER (PARTITION BY s_state ORDER BY d_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week_so_far,
    row_number() OVER (PARTITION BY s_state ORDER BY sum(ss_paid) DESC, d_date) AS place
FROM store_sales JOIN store ON ss_store_key = s_store_key JOIN date_dim ON ss_date_key = d_date_key
WHERE d_year = 2002 AND d_month IN (11, 12)
GROUP BY s_state, d_date ORDER BY s_state, d_date

-- query: s38
SELECT count(*) AS n FROM (
    SELECT ss_customer_key AS customer FROM store_sales WHERE ss_date_key BETWEEN 1 AND 1000
    INTERSECT SELECT ws_customer_key FROM web_sales WHERE ws_date_key BETWEEN 1 AND 1000
    INTERSECT SELECT sr_customer_key FROM store_returns WHERE sr_date_key BETWEEN 1 AND 1000)

-- query: s39
-- order: 0, 1
-- float tolerance: 1e-6
WITH monthly AS (
    SELECT ss_store_key AS store, d_month AS month, avg(ss_quantity) AS mean, stddev_samp(ss_quantity) AS deviation
    FROM store_sales JOIN date_dim ON ss_date_key = d_date_key WHERE d_year = 2000 GROUP BY ALL)
SELECT a.store, a.month, a.mean, a.deviation, b.mean AS next_mean
FROM monthly a JOIN monthly b ON a.store = b.store AND b.month = a.month + 1
WHERE a.deviation > a.mean / 2 ORDER BY a.store, a.month

-- query: s40
-- order: 0
SELECT DISTINCT ON (c_state) c_state, c_customer_id, total
FROM (SELECT c_state, c_customer_id, sum(ss_paid) AS total FROM store_sales JOIN customer ON ss_customer_key = c_customer_key GROUP BY ALL)
ORDER BY c_state, total DESC, c_customer_id
