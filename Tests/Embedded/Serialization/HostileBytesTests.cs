using Orleans.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>Bytes from outside end in a value or in a <see cref="SerializerException"/>, and never in much memory.</summary>
public sealed class HostileBytesTests
{
    private static readonly byte[][] Samples =
    [
        RoundTrip.Serializer.SerializeToArray<object>(new Circle("red", new Point(1, 2, "n"), 2) { Marks = [1, 2, 3] }),
        RoundTrip.Serializer.SerializeToArray<object>(Graph()),
        RoundTrip.Serializer.SerializeToArray<object>(new Dictionary<string, List<object?>> { ["a"] = [1, "x", null, 2.5m, DateTime.UnixEpoch] }),
        RoundTrip.Serializer.SerializeToArray<object>(new LeaseLostException(new LeaseToken("t", 1), 2)),
        RoundTrip.Serializer.SerializeToArray<object>((1, new Uri("urn:b"), new Version(1, 2), DateTimeOffset.UnixEpoch, new SortedSet<int> { 1 })),
    ];

    [Fact]
    public void Truncated_AtEveryByte_IsRefused()
    {
        foreach (var sample in Samples)
        {
            for (var length = 0; length < sample.Length; length++)
            {
                Assert.ThrowsAny<SerializerException>(() => RoundTrip.Serializer.Deserialize<object>(sample.AsSpan(0, length)));
            }
        }
    }

    [Fact]
    public void Damaged_AtRandom_EndsInAValueOrTheDocumentedException()
    {
        var random = new Random(7);
        foreach (var sample in Samples)
        {
            for (var round = 0; round < 2_000; round++)
            {
                var bytes = (byte[])sample.Clone();
                for (var damage = random.Next(1, 4); damage > 0; damage--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    RoundTrip.Serializer.Deserialize<object>(bytes);
                }
                catch (SerializerException)
                {
                    // What is promised.
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("02 00 00")]
    [InlineData("01")]
    [InlineData("01 0F")]
    [InlineData("01 1F")]
    [InlineData("01 2F")]
    [InlineData("01 00 00 00")]
    [InlineData("01 06 00")]
    [InlineData("01 08 00 00")]
    [InlineData("01 08 05 01 61 00")]
    [InlineData("01 00 FF FF FF FF FF FF FF FF FF 02")]
    [InlineData("01 03 FF FF FF FF 0F 61")]
    [InlineData("01 0B 01 06 73 74 72 69 6E 67 02 FF FE")]
    [InlineData("01 0D 01 04 6C 69 73 74 0F")]
    public void Malformed_Bytes_AreRefused(string hex) => Assert.ThrowsAny<SerializerException>(
        () => RoundTrip.Serializer.Deserialize<object>(Bytes(hex)));

    [Theory]
    [InlineData("01 05 00 FF FF FF FF 07 10 00 0F")]
    [InlineData("01 05 00 FF FF FF FF FF FF FF FF FF 01 0F")]
    [InlineData("01 05 00 03 10 00 0F")]
    [InlineData("01 05 10 00 0F")]
    [InlineData("01 05 00 01 00 01 10 00 0F")]
    [InlineData("01 05 03 01 61 0F")]
    [InlineData("01 04 00 00 0F")]
    [InlineData("01 02 00 00 00 00 00 00 00 00")]
    public void Array_WithWrongCountOrKind_IsRefusedWithoutAllocatingIt(string hex)
    {
        var bytes = Bytes(hex);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.ThrowsAny<SerializerException>(() => RoundTrip.Serializer.Deserialize<long[]>(bytes));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 18);
    }

    [Fact]
    public void NestedArrays_ThatAnnounceMoreThanTheBytes_AreRefused()
    {
        // Each level claims every byte that is left: without one budget for all of them this would be 100 x 10 kB x 8.
        var bytes = new List<byte>();
        bytes.AddRange(Bytes("01 0D 01 08 6F 62 6A 65 63 74 5B 5D"));
        for (var level = 0; level < 100; level++)
        {
            bytes.AddRange(Bytes("00 A0 4E 1D 00"));
        }

        bytes.AddRange(new byte[10_000]);
        var array = bytes.ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.ThrowsAny<SerializerException>(() => RoundTrip.Serializer.Deserialize<object>(array));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void NestedGroups_DeeperThanTheStack_AreRefused()
    {
        var bytes = new byte[4_000_000];
        bytes[0] = 1;
        bytes[1] = 5;
        bytes.AsSpan(2).Fill(0x64);

        Assert.ThrowsAny<SerializerException>(() => RoundTrip.Serializer.Deserialize<Node>(bytes));
    }

    [Theory]
    [InlineData("System.Diagnostics.Process")]
    [InlineData("System.IO.FileInfo, System.Private.CoreLib")]
    [InlineData("list")]
    [InlineData("list<int")]
    [InlineData("list<int,int>")]
    [InlineData("list<>")]
    [InlineData("int[][")]
    [InlineData("nullable<string>")]
    [InlineData("dictionary<System.String,int>")]
    [InlineData("")]
    [InlineData("a\\")]
    public void TypeName_NotRegisteredOrMalformed_IsRefused(string name) => Assert.ThrowsAny<SerializerException>(
        () => RoundTrip.Serializer.Deserialize<object>(
            [1, 0x0D, 1, (byte)name.Length, .. System.Text.Encoding.UTF8.GetBytes(name), 0x0F]));

    [Fact]
    public void TypeName_NestedOrLongBeyondTheLimit_IsRefused()
    {
        foreach (var name in (string[])[string.Concat(Enumerable.Repeat("list<", 17)) + "int" + new string('>', 17), new string('x', 5000)])
        {
            var utf8 = System.Text.Encoding.UTF8.GetBytes(name);
            byte[] bytes = [1, 0x0D, 1, (byte)(utf8.Length | 0x80), (byte)(utf8.Length >> 7), .. utf8, 0x0F];
            Assert.Throws<IllegalTypeException>(() => RoundTrip.Serializer.Deserialize<object>(bytes));
        }
    }

    [Fact]
    public void RegisteredType_ThatDoesNotFitTheMember_IsRefused()
    {
        var bytes = RoundTrip.Serializer.SerializeToArray<object>(new Dog { Name = "rex" });

        Assert.Throws<IllegalTypeException>(() => RoundTrip.Serializer.Deserialize<Shape>(bytes));
    }

    [Fact]
    public void NullKey_OfADictionary_IsRefusedAsSerializerException() => Assert.IsType<ArgumentNullException>(
        Assert.ThrowsAny<SerializerException>(
            () => RoundTrip.Serializer.Deserialize<Dictionary<string, int>>(Bytes("01 05 00 01 14 07 10 02 0F 0F"))).InnerException);

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    private static Node Graph()
    {
        var node = new Node { Name = "a", Tag = 5 };
        node.Next = new Node { Name = "b", Children = [node], Tag = new List<string> { "x" } };
        return node;
    }
}
