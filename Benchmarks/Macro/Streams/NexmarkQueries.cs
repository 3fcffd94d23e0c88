namespace OrleansFlow.Benchmarks.Macro.Streams;

/// <summary>
/// The queries of Nexmark (P. Tucker, K. Tufte, V. Papadimos, D. Maier: "NEXMark, a benchmark for queries over data streams", 2002), as streaming SQL has them here. The sixth,
/// an average over the last ten rows of each seller, needs a function over rows without a window and is not among them.
/// </summary>
internal static class NexmarkQueries
{
    private const string Bids = "SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid.datetime AS datetime FROM nexmark WHERE bid IS NOT NULL";
    private const string Auctions = "SELECT auction.id AS id, auction.seller AS seller, auction.category AS category, auction.datetime AS datetime, auction.expires AS expires FROM nexmark WHERE auction IS NOT NULL";
    private const string Persons = "SELECT person.id AS id, person.name AS name, person.city AS city, person.state AS state FROM nexmark WHERE person IS NOT NULL";

    private static readonly string[] Texts =
    [
        "INSERT INTO nothing SELECT bid FROM nexmark WHERE bid IS NOT NULL",
        "INSERT INTO nothing SELECT bid.auction, bid.bidder, 0.908 * bid.price, bid.datetime, bid.extra FROM nexmark WHERE bid IS NOT NULL",
        "INSERT INTO nothing SELECT bid.auction, bid.price FROM nexmark WHERE bid IS NOT NULL AND bid.auction % 123 = 0",
        $"CREATE VIEW auctions AS {Auctions}; CREATE VIEW persons AS {Persons}; "
            + "INSERT INTO nothing SELECT p.name, p.city, p.state, a.id FROM auctions a JOIN persons p ON a.seller = p.id WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')",
        $"CREATE VIEW auctions AS {Auctions}; CREATE VIEW bids AS {Bids}; "
            + "INSERT INTO nothing SELECT category, avg(final) FROM (SELECT a.id AS id, a.category AS category, max(b.price) AS final FROM auctions a JOIN bids b ON a.id = b.auction "
            + "WHERE b.datetime BETWEEN a.datetime AND a.expires GROUP BY a.id, a.category) GROUP BY category",
        $"CREATE VIEW bids AS {Bids}; CREATE VIEW counts AS SELECT auction, hop(INTERVAL '2 seconds', INTERVAL '10 seconds') AS w, count(*) AS num FROM bids GROUP BY 1, 2; "
            + "INSERT INTO nothing SELECT c.auction, c.num FROM counts c JOIN (SELECT w, max(num) AS most FROM counts GROUP BY w) m ON c.w = m.w WHERE c.num >= m.most",
        "",
        $"CREATE VIEW bids AS {Bids}; CREATE VIEW prices AS SELECT auction, bidder, price, tumble(INTERVAL '10 seconds') AS w FROM bids GROUP BY 1, 2, 3, 4; "
            + "INSERT INTO nothing SELECT p.auction, p.bidder, p.price FROM prices p JOIN (SELECT w, max(price) AS most FROM prices GROUP BY w) m ON p.w = m.w WHERE p.price = m.most",
        $"CREATE VIEW auctions AS {Auctions}; CREATE VIEW persons AS {Persons}; "
            + "CREATE VIEW arrivals AS SELECT id, name, tumble(INTERVAL '10 seconds') AS w FROM persons GROUP BY 1, 2, 3; CREATE VIEW sales AS SELECT seller, tumble(INTERVAL '10 seconds') AS w FROM auctions GROUP BY 1, 2; "
            + "INSERT INTO nothing SELECT p.id, p.name FROM arrivals p JOIN sales s ON p.w = s.w AND p.id = s.seller",
    ];

    /// <summary>The last one's number.</summary>
    public static int Max => Texts.Length - 1;

    /// <summary>The text of a query over some events.</summary>
    /// <param name="query">Its number.</param>
    /// <param name="events">How many events; 10 000 a second of their own time.</param>
    /// <returns>Null for the one that there is not.</returns>
    public static string? TextOf(int query, int events) => Texts[query].Length == 0 ? null : string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"CREATE TABLE nexmark WITH (connector = 'nexmark', message_count = '{events}', start_time_micros = '0'); CREATE TABLE nothing WITH (connector = 'blackhole'); {Texts[query]}");
}
