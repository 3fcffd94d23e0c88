namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>
/// Bytes of released versions, written out by hand from the description at CodecWriter. They never change: what was
/// written once must be readable for ever.
/// </summary>
public sealed class WireFormatTests
{
    [Fact]
    public void Int_Boxed_HasTypeNameAndZigzag() =>
        // version, typed varint, first type defined: "int", zigzag(300) = 600.
        Hold<object>(300, "01 08 01 03 69 6E 74 D8 04");

    [Fact]
    public void RecordStruct_IsAGroup() =>
        Hold(new LeaseToken("a", 1), "01 04  03 01 61  10 02  0F");

    [Fact]
    public void SealedRecord_IsATrackedGroupWithExplicitNull() =>
        Hold(new Point(1, -2), "01 05  00 02  10 03  27  0F");

    [Fact]
    public void List_HasCountAndElements() =>
        Hold(new List<int> { 1, -1 }, "01 05  00 02  10 02  10 01  0F");

    [Fact]
    public void Dictionary_HasPairs() =>
        Hold(new Dictionary<string, bool> { ["k"] = true }, "01 05  00 01  14 03 01 6B 10 01 0F  0F");

    [Fact]
    public void Reference_IsTheNumberOfTheObject()
    {
        var point = new Point(0, 0, "");

        // An array (object 0) of two elements: the point (object 1), and a reference to it.
        Hold<Point[]>([point, point], "01 05  00 02  15 00 00 10 00 23 00 0F  16 01  0F");
    }

    [Fact]
    public void Hierarchy_HasALevelForEachType() =>
        // Type name "test.LeaseToken" does not appear: levels are parameters of Shape, its body, the body of Labels.
        Hold(
            new Labels("c", new Point(0, 0, "")) { Layer = 1 },
            "01 05  03 01 63  15 00 00 10 00 23 00 0F  1F  00 02  1F  0F");

    [Fact]
    public void Scalars_HaveTheirKinds()
    {
        Hold(1.0, "01 02 00 00 00 00 00 00 F0 3F");
        Hold(1.0f, "01 01 00 00 80 3F");
        Hold(true, "01 00 01");
        Hold(new byte[] { 1, 2 }, "01 03 02 01 02");
        Hold(1.5m, "01 03 10 0F 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00");
        Hold(new Guid("00112233-4455-6677-8899-aabbccddeeff"), "01 03 10 33 22 11 00 55 44 77 66 88 99 AA BB CC DD EE FF");
        Hold(new DateOnly(1, 1, 3), "01 00 02");
        Hold(TimeSpan.FromTicks(-1), "01 00 01");
        Hold(DateTimeOffset.MinValue, "01 03 0A 00 00 00 00 00 00 00 00 00 00");
        Hold<string?>(null, "01 07");
        Hold(Colour.Blue, "01 00 90 03");
    }

    private static void Hold<T>(T value, string hex)
    {
        var expected = Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(RoundTrip.Serializer.SerializeToArray(value)));
        Assert.Equal(value, RoundTrip.Serializer.Deserialize<T>(expected));
    }
}
