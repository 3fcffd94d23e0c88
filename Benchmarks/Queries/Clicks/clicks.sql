-- query: c01
SELECT count(*) AS views FROM views

-- query: c02
SELECT count(*) AS views FROM views WHERE ad_engine <> 0

-- query: c03
-- float tolerance: 1e-9
SELECT sum(ad_engine) AS clicks, count(*) AS views, avg(screen_width) AS width FROM views

-- query: c04
-- float tolerance: 1e-9
SELECT avg(user_id) AS mean_user FROM views

-- query: c05
SELECT count(DISTINCT user_id) AS users FROM views

-- query: c06
SELECT count(DISTINCT search_phrase) AS phrases FROM views

-- query: c07
SELECT min(viewed_on) AS first_day, max(viewed_on) AS last_day FROM views

-- query: c08
-- order: 1, 0
SELECT ad_engine, count(*) AS n FROM views WHERE ad_engine <> 0 GROUP BY ad_engine ORDER BY n DESC, ad_engine

-- query: c09
-- order: 1, 0
SELECT region_id, count(DISTINCT user_id) AS users FROM views GROUP BY region_id ORDER BY users DESC, region_id LIMIT 10

-- query: c10
-- order: 2, 0
-- float tolerance: 1e-9
SELECT region_id, sum(ad_engine) AS clicks, count(*) AS n, avg(screen_width) AS width, count(DISTINCT user_id) AS users
FROM views GROUP BY region_id ORDER BY n DESC, region_id LIMIT 10

-- query: c11
-- order: 1, 0
SELECT phone_model, count(DISTINCT user_id) AS users FROM views WHERE phone_model <> '' GROUP BY phone_model ORDER BY users DESC, phone_model LIMIT 10

-- query: c12
-- order: 2, 0, 1
SELECT phone_maker, phone_model, count(DISTINCT user_id) AS users FROM views WHERE phone_model <> ''
GROUP BY phone_maker, phone_model ORDER BY users DESC, phone_maker, phone_model LIMIT 10

-- query: c13
-- order: 1, 0
SELECT search_phrase, count(*) AS n FROM views WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY n DESC, search_phrase LIMIT 10

-- query: c14
-- order: 1, 0
SELECT search_phrase, count(DISTINCT user_id) AS users FROM views WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY users DESC, search_phrase LIMIT 10

-- query: c15
-- order: 2, 0, 1
SELECT search_engine, search_phrase, count(*) AS n FROM views WHERE search_phrase <> ''
GROUP BY search_engine, search_phrase ORDER BY n DESC, search_engine, search_phrase LIMIT 10

-- query: c16
-- order: 1, 0
SELECT user_id, count(*) AS n FROM views GROUP BY user_id ORDER BY n DESC, user_id LIMIT 10

-- query: c17
-- order: 2, 0, 1
SELECT user_id, search_phrase, count(*) AS n FROM views GROUP BY user_id, search_phrase ORDER BY n DESC, user_id, search_phrase LIMIT 10

-- query: c18
-- order: 0, 1
SELECT user_id, search_phrase, count(*) AS n FROM views GROUP BY user_id, search_phrase ORDER BY user_id, search_phrase LIMIT 10

-- query: c19
-- order: 3, 0, 1, 2
SELECT user_id, extract(minute FROM viewed_at) AS minute, search_phrase, count(*) AS n FROM views
GROUP BY ALL ORDER BY n DESC, user_id, minute, search_phrase LIMIT 10

-- query: c20
SELECT user_id FROM views WHERE user_id = (SELECT max(user_id) FROM views)

-- query: c21
SELECT count(*) AS n FROM views WHERE url LIKE '%google%'

-- query: c22
-- order: 2, 0
SELECT search_phrase, min(url) AS url, count(*) AS n FROM views WHERE url LIKE '%google%' AND search_phrase <> ''
GROUP BY search_phrase ORDER BY n DESC, search_phrase LIMIT 10

-- query: c23
-- order: 3, 0
SELECT search_phrase, min(url) AS url, min(title) AS title, count(*) AS n, count(DISTINCT user_id) AS users FROM views
WHERE title LIKE '%Google%' AND url NOT LIKE '%.google.%' AND search_phrase <> ''
GROUP BY search_phrase ORDER BY n DESC, search_phrase LIMIT 10

-- query: c24
-- order: 1, 0
SELECT * FROM views WHERE url LIKE '%google%' ORDER BY viewed_at, view_id LIMIT 10

-- query: c25
-- order: 0, 1
SELECT viewed_at, search_phrase FROM views WHERE search_phrase <> '' ORDER BY viewed_at, search_phrase LIMIT 10

-- query: c26
-- order: 0
SELECT search_phrase FROM views WHERE search_phrase <> '' ORDER BY search_phrase LIMIT 10

-- query: c27
-- order: 0
SELECT DISTINCT search_phrase FROM views WHERE search_phrase <> '' ORDER BY search_phrase DESC LIMIT 10 OFFSET 20

-- query: c28
-- order: 1, 0
-- float tolerance: 1e-9
SELECT counter_id, avg(length(url)) AS url_length, count(*) AS n FROM views WHERE url <> ''
GROUP BY counter_id HAVING count(*) > 50 ORDER BY url_length DESC, counter_id LIMIT 25

-- query: c29
-- order: 1, 0
SELECT regexp_replace(referrer, '^https?://(?:www\.)?([^/]+)/.*$', '\1') AS site, sum(length(referrer)) AS total, count(*) AS n, min(referrer) AS example
FROM views WHERE referrer <> '' GROUP BY site HAVING count(*) > 10 ORDER BY total DESC, site LIMIT 25

-- query: c30
SELECT
    sum(screen_width) AS s0, sum(screen_width + 1) AS s1, sum(screen_width + 2) AS s2, sum(screen_width + 3) AS s3, sum(screen_width + 4) AS s4,
    sum(screen_width + 5) AS s5, sum(screen_width + 6) AS s6, sum(screen_width + 7) AS s7, sum(screen_width + 8) AS s8, sum(screen_width + 9) AS s9,
    sum(screen_height) AS h0, sum(screen_height + 1) AS h1, sum(screen_height + 2) AS h2, sum(screen_height + 3) AS h3, sum(screen_height + 4) AS h4,
    sum(window_width) AS w0, sum(window_width + 1) AS w1, sum(window_width + 2) AS w2, sum(window_height) AS v0, sum(window_height + 1) AS v1
FROM views

-- query: c31
-- order: 2, 0, 1
-- float tolerance: 1e-9
SELECT search_engine, client_ip, count(*) AS n, sum(is_refresh::INT) AS refreshes, avg(screen_width) AS width FROM views
WHERE search_phrase <> '' GROUP BY search_engine, client_ip ORDER BY n DESC, search_engine, client_ip LIMIT 10

-- query: c32
-- order: 2, 0, 1
-- float tolerance: 1e-9
SELECT view_id, client_ip, count(*) AS n, sum(is_refresh::INT) AS refreshes, avg(screen_width) AS width FROM views
WHERE search_phrase <> '' GROUP BY view_id, client_ip ORDER BY n DESC, view_id, client_ip LIMIT 10

-- query: c33
-- order: 2, 0, 1
-- float tolerance: 1e-9
SELECT view_id, client_ip, count(*) AS n, sum(is_refresh::INT) AS refreshes, avg(screen_width) AS width FROM views
GROUP BY view_id, client_ip ORDER BY n DESC, view_id, client_ip LIMIT 10

-- query: c34
-- order: 1, 0
SELECT url, count(*) AS n FROM views GROUP BY url ORDER BY n DESC, url LIMIT 10

-- query: c35
-- order: 2, 1
SELECT 1 AS one, url, count(*) AS n FROM views GROUP BY one, url ORDER BY n DESC, url LIMIT 10

-- query: c36
-- order: 4, 0
SELECT client_ip, client_ip - 1 AS ip1, client_ip - 2 AS ip2, client_ip - 3 AS ip3, count(*) AS n FROM views
GROUP BY client_ip, ip1, ip2, ip3 ORDER BY n DESC, client_ip LIMIT 10

-- query: c37
-- order: 1, 0
SELECT url, count(*) AS page_views FROM views
WHERE counter_id = 1 AND viewed_on BETWEEN DATE '2013-07-01' AND DATE '2013-07-31' AND NOT is_hidden AND NOT is_refresh AND url <> ''
GROUP BY url ORDER BY page_views DESC, url LIMIT 10

-- query: c38
-- order: 1, 0
SELECT title, count(*) AS page_views FROM views
WHERE counter_id = 1 AND viewed_on BETWEEN DATE '2013-07-01' AND DATE '2013-07-31' AND NOT is_hidden AND NOT is_refresh AND title <> ''
GROUP BY title ORDER BY page_views DESC, title LIMIT 10

-- query: c39
-- order: 1, 0
SELECT url, count(*) AS page_views FROM views
WHERE counter_id < 100 AND viewed_on BETWEEN DATE '2013-07-01' AND DATE '2013-07-31' AND NOT is_refresh AND is_link AND NOT is_download
GROUP BY url ORDER BY page_views DESC, url LIMIT 10 OFFSET 100

-- query: c40
-- order: 5, 0, 1, 2, 3, 4
SELECT
    traffic_source, search_engine, ad_engine,
    CASE WHEN search_engine = 0 AND ad_engine = 0 THEN referrer ELSE '' END AS source, url AS target, count(*) AS page_views
FROM views
WHERE counter_id < 50 AND viewed_on BETWEEN DATE '2013-07-01' AND DATE '2013-07-31' AND NOT is_refresh
GROUP BY traffic_source, search_engine, ad_engine, source, target
ORDER BY page_views DESC, traffic_source, search_engine, ad_engine, source, target LIMIT 10 OFFSET 20

-- query: c41
-- order: 2, 0, 1
SELECT url_hash, viewed_on, count(*) AS page_views FROM views
WHERE counter_id = 1 AND viewed_on BETWEEN DATE '2013-07-01' AND DATE '2013-07-31' AND NOT is_refresh AND traffic_source IN (-1, 0, 6)
    AND referrer_hash <> 0
GROUP BY url_hash, viewed_on ORDER BY page_views DESC, url_hash, viewed_on LIMIT 10

-- query: c42
-- order: 2, 0, 1
SELECT window_width, window_height, count(*) AS page_views FROM views
WHERE counter_id < 100 AND viewed_on BETWEEN DATE '2013-07-01' AND DATE '2013-07-31' AND NOT is_refresh AND NOT is_hidden
GROUP BY window_width, window_height ORDER BY page_views DESC, window_width, window_height LIMIT 10 OFFSET 100

-- query: c43
-- order: 0
SELECT date_trunc('minute', viewed_at) AS minute, count(*) AS page_views FROM views
WHERE counter_id < 100 AND viewed_on BETWEEN DATE '2013-07-14' AND DATE '2013-07-15' AND NOT is_refresh AND NOT is_hidden
GROUP BY minute ORDER BY minute LIMIT 10 OFFSET 50
