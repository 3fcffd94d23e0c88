using System.Net;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Concurrency;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>The platform's types: values drawn from a seeded source and the edges of each range.</summary>
#pragma warning disable CA1861 // Arrays are the values under test.
public sealed class BuiltInCodecTests
{
    private const int DrawCount = 200;

    private static readonly DateTime Noon = new(2026, 2, 3, 12, 0, 0, DateTimeKind.Utc);

    private readonly Random _random = new(4711);

    [Fact]
    public void Integers_OfEveryWidth_KeepTheirValue()
    {
        Check(byte.MinValue, byte.MaxValue);
        Check(sbyte.MinValue, sbyte.MaxValue, (sbyte)-1);
        Check(short.MinValue, short.MaxValue);
        Check(ushort.MinValue, ushort.MaxValue);
        Check(int.MinValue, int.MaxValue, 0, -1, 63, 64, -64, -65);
        Check(uint.MinValue, uint.MaxValue);
        Check(long.MinValue, long.MaxValue);
        Check(ulong.MinValue, ulong.MaxValue);
        Check(Int128.MinValue, Int128.MaxValue, Int128.Zero);
        Check(UInt128.MaxValue, UInt128.Zero);
        Check(nint.MinValue, nint.MaxValue);
        Check(nuint.MinValue, nuint.MaxValue);
        Check(BigInteger.Pow(-7, 99), BigInteger.Zero);
        Check('a', char.MaxValue, char.MinValue);
        Check(true, false);
        for (var i = 0; i < DrawCount; i++)
        {
            Check(_random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(63));
            Check((int)(_random.NextInt64() >> _random.Next(63)));
        }
    }

    [Fact]
    public void Fractions_WithSpecialValues_KeepTheirBits()
    {
        Check(double.NaN, double.NegativeInfinity, -0.0, double.Epsilon);
        Check(float.NaN, float.MaxValue, -0f);
        Check(Half.MinValue, Half.NaN);
        Check(decimal.MinValue, decimal.MaxValue, 1.00m, -0.0m);
        Assert.Equal("1.00", RoundTrip.Of(1.00m).ToString(System.Globalization.CultureInfo.InvariantCulture));
        for (var i = 0; i < DrawCount; i++)
        {
            Check(BitConverter.Int64BitsToDouble(_random.NextInt64()));
            Check(new decimal(_random.Next(), _random.Next(), _random.Next(), _random.Next(2) == 0, (byte)_random.Next(29)));
        }
    }

    [Fact]
    public void Times_OfEveryKind_KeepTheirValue()
    {
        foreach (var kind in Enum.GetValues<DateTimeKind>())
        {
            Assert.Equal(kind, RoundTrip.Of(DateTime.SpecifyKind(Noon, kind)).Kind);
            Check(DateTime.SpecifyKind(Noon, kind));
        }

        Check(DateTime.MinValue, DateTime.MaxValue);
        Check(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromMinutes(-570)));
        Assert.Equal(TimeSpan.FromHours(14), RoundTrip.Of(new DateTimeOffset(1, 2, 3, 0, 0, 0, TimeSpan.FromHours(14))).Offset);
        Check(TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.Zero);
        Check(DateOnly.MinValue, DateOnly.MaxValue);
        Check(TimeOnly.MinValue, TimeOnly.MaxValue);
    }

    [Fact]
    public void Text_AndNames_KeepTheirValue()
    {
        Check(string.Empty, "a", "zażółć 😀 \0", new string('x', 100_000));
        Check(new Uri("https://example.org/a?b=c"), new Uri("relative/path", UriKind.Relative));
        Check(new Version(1, 2), new Version(1, 2, 3, 4));
        Check(Guid.Empty, new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"));
        Check(IPAddress.Loopback, IPAddress.IPv6Loopback);
        for (var i = 0; i < DrawCount; i++)
        {
            Check(string.Concat(Enumerable.Range(0, _random.Next(50)).Select(_ => (char)_random.Next(0xD800))));
        }
    }

    [Fact]
    public void Null_OfEveryReferenceOrNullable_StaysNull()
    {
        Assert.Null(RoundTrip.Of<string?>(null));
        Assert.Null(RoundTrip.Of<int?>(null));
        Assert.Null(RoundTrip.Of<object?>(null));
        Assert.Null(RoundTrip.Of<List<int>?>(null));
        Assert.Null(RoundTrip.Copier.Copy<List<int>?>(null));
        Assert.Equal(3, RoundTrip.Of<int?>(3));
        Assert.Equal([1, null, 3], RoundTrip.Of(new int?[] { 1, null, 3 }));
        Assert.Equal(["a", null], RoundTrip.Of(new List<string?> { "a", null }));
    }

    [Fact]
    public void Tuples_OfOneToEight_KeepTheirItems()
    {
        Check(ValueTuple.Create(1), (ValueTuple.Create(2)));
        Check((1, "b"));
        Check((1, "b", 3L));
        Check((1, 2, 3, 4));
        Check((1, 2, 3, 4, 5));
        Check((1, 2, 3, 4, 5, 6));
        Check((1, 2, 3, 4, 5, 6, 7));
        Check((1, 2, 3, 4, 5, 6, 7, "8"));
        Check(Tuple.Create(1), Tuple.Create(2));
        Check(Tuple.Create(1, "b"));
        Check(Tuple.Create(1, 2, 3));
        Check(Tuple.Create(1, 2, 3, 4));
        Check(Tuple.Create(1, 2, 3, 4, 5));
        Check(Tuple.Create(1, 2, 3, 4, 5, 6));
        Check(Tuple.Create(1, 2, 3, 4, 5, 6, 7));
        Check(Tuple.Create(1, 2, 3, 4, 5, 6, 7, 8));
        Check(new KeyValuePair<string, int>("a", 1));
        var copied = RoundTrip.Copier.Copy((Marks: new List<int> { 1 }, Name: "x"));
        Assert.Equal([1], copied.Marks);
    }

    [Fact]
    public void Memory_Copied_DoesNotShareItsBytes()
    {
        var bytes = new byte[] { 1, 2 };

        var copy = RoundTrip.Copier.Copy<ReadOnlyMemory<byte>>(bytes);
        bytes[0] = 9;

        Assert.Equal([1, 2], copy.ToArray());
        Assert.Equal([9, 2], RoundTrip.Of<ReadOnlyMemory<byte>>(bytes).ToArray());
        Assert.Equal([9, 2], RoundTrip.Of<Memory<byte>>(bytes).ToArray());
    }

    [Fact]
    public void ImmutableWrapper_Copied_SharesItsValue()
    {
        var list = new List<int> { 1 };

        Assert.Same(list, RoundTrip.Copier.Copy(list.AsImmutable()).Value);
        Assert.Equal(list, RoundTrip.Of(new Immutable<List<int>>(list)).Value);
    }

    [Fact]
    public void CancellationToken_Copied_IsTheSame()
    {
        using var source = new CancellationTokenSource();
        var token = source.Token;

        Assert.Equal(token, RoundTrip.Copier.Copy(token));
        Assert.False(RoundTrip.Of(token).IsCancellationRequested);
        Assert.True(RoundTrip.Of(new CancellationToken(canceled: true)).IsCancellationRequested);
    }

    [Fact]
    public void Json_ElementsAndNodes_OutliveTheirDocument()
    {
        JsonElement copy, back;
        using (var document = JsonDocument.Parse("""{"a":[1,2.50,null,"x"]}"""))
        {
            copy = RoundTrip.Copier.Copy(document.RootElement);
            back = RoundTrip.Of(document.RootElement);
        }

        JsonNode node = new JsonObject { ["a"] = new JsonArray(1, "x") };
        JsonValue value = JsonValue.Create(5);
        Assert.Equal("""{"a":[1,2.50,null,"x"]}""", copy.GetRawText());
        Assert.Equal("""{"a":[1,2.50,null,"x"]}""", back.GetRawText());
        Assert.Equal(JsonValueKind.Undefined, RoundTrip.Of(default(JsonElement)).ValueKind);
        Assert.True(JsonNode.DeepEquals(node, RoundTrip.Of(node)));
        Assert.True(JsonNode.DeepEquals(node, RoundTrip.Of((JsonObject)node)));
        Assert.True(JsonNode.DeepEquals(node, Assert.IsType<JsonObject>(RoundTrip.Of<object>(node))));
        Assert.NotSame(node, RoundTrip.Copier.Copy(node));
        Assert.Equal(5, RoundTrip.Of(value).GetValue<int>());
        Assert.Single(RoundTrip.Of(new List<JsonNode> { value }));
    }

    [Fact]
    public void ObjectMember_OfManyTypes_KeepsType()
    {
        object[] values =
        [
            1, 2L, "s", 3.5m, true, 'c', Noon, Guid.Empty, Colour.Red, new LeaseToken("a", 1), new List<object> { 1, "x" },
            new Dictionary<string, List<int?>> { ["k"] = [1, null] }, (1, "b"), new Point(1, 2),
        ];

        var back = RoundTrip.Of(values);

        Assert.Equal(values, back);
    }

    private static void Check<T>(params T[] values)
    {
        foreach (var value in values)
        {
            Assert.Equal(value, RoundTrip.Of(value));
            Assert.Equal(value, (T)RoundTrip.Of<object>(value!));
            Assert.Equal(value, RoundTrip.Copier.Copy(value));
        }

        Assert.Equal(values, RoundTrip.Of(values));
        Assert.Equal(values, RoundTrip.Copier.Copy(values));
    }
}
