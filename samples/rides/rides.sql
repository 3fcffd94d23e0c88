-- Rides as they begin in six zones of a town, and what the last ten seconds brought, told anew every two seconds.
CREATE TABLE meters WITH (connector = 'impulse', event_rate = '400');

CREATE VIEW rides AS
SELECT ['Airport', 'Harbour', 'Market', 'Old town', 'Station', 'University'][1 + least(counter * 7919 % 97 // 9, 5)] AS zone,
       4 + (counter * 104729 % 2600) / 100.0 AS fare
FROM meters;

SELECT zone, rides, takings, epoch_ms(w."end") AS until_ms
FROM (SELECT zone, hop(INTERVAL '2 seconds', INTERVAL '10 seconds') AS w, count(*) AS rides, sum(fare) AS takings
      FROM rides
      GROUP BY 1, 2);
