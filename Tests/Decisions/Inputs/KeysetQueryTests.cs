using OrleansFlow.Decisions.Inputs;

namespace OrleansFlow.Tests.Decisions.Inputs;

public sealed class KeysetQueryTests
{
    private static readonly (string, string) Quotes = ("\"", "\"");

    [Fact]
    public void Page_OfATable_BeginsAfterItsKey()
    {
        var query = new KeysetQuery("shop.orders", false, ["total"], ["day", "id"], Quotes);

        Assert.Equal("""SELECT "total", "day", "id" FROM "shop"."orders" ORDER BY "day", "id" LIMIT 11""", query.Text(isFirst: true, 11));
        Assert.Equal(
            """SELECT "total", "day", "id" FROM "shop"."orders" WHERE ("day" > @k0) OR ("day" = @k0 AND "id" > @k1) ORDER BY "day", "id" LIMIT 11""",
            query.Text(isFirst: false, 11));
    }

    [Fact]
    public void Page_OfAQuery_IsWrapped_AndNamesAreQuoted()
    {
        Assert.Equal(
            """SELECT * FROM (SELECT * FROM t) AS "page_source" WHERE ("a""b" > @k0) ORDER BY "a""b" LIMIT 2""",
            new KeysetQuery("SELECT * FROM t ; ", true, [], ["a\"b"], Quotes).Text(isFirst: false, 2));
        Assert.Equal(
            "SELECT * FROM [t]]x] ORDER BY [k] LIMIT 2", new KeysetQuery("t]x", false, [], ["k"], ("[", "]")).Text(isFirst: true, 2));
    }

    [Fact]
    public void Key_WrittenAndRead_HasTheSameValuesAndTypes()
    {
        object[] key =
        [
            true, 7L, -1.25m, 0.1, "it's \"x\"\n", Guid.Parse("6f9619ff-8b86-d011-b42d-00cf4fc964ff"), new DateOnly(2026, 2, 28),
            new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1234567), new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Unspecified),
            new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(-3)),
        ];

        var read = KeyPosition.Read(KeyPosition.Write(key));

        Assert.Equal(key, read);
        Assert.Equal(key.Select(value => value.GetType()), read.Select(value => value.GetType()));
        Assert.Equal(key.OfType<DateTime>().Select(time => time.Kind), read.OfType<DateTime>().Select(time => time.Kind));
        Assert.Equal([9L, 5m], KeyPosition.Read(KeyPosition.Write([(short)9, 5UL])));
    }

    [Fact]
    public void Key_ThatIsNone_IsNamed()
    {
        Assert.Throws<FormatException>(() => KeyPosition.Write([null]));
        Assert.Throws<FormatException>(() => KeyPosition.Write([DBNull.Value]));
        Assert.Throws<FormatException>(() => KeyPosition.Write([new object()]));
        Assert.All(["", "{}", "[7]", "[\"x9\"]", "[\"inine\"]", "[\"\"]"], text => Assert.Throws<FormatException>(() => KeyPosition.Read(text)));
    }
}
