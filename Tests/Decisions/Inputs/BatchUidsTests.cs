using System.Text;
using System.Text.Json;
using OrleansFlow.Decisions.Inputs;

namespace OrleansFlow.Tests.Decisions.Inputs;

/// <summary>The hash is judged by the RFC's own vector, by those of Python's hashlib, and by the recorded vectors of the system whose names these are.</summary>
public sealed class BatchUidsTests
{
    [Fact]
    public void Hash_OfAbc_IsTheVectorOfRfc7693()
    {
        Span<byte> digest = stackalloc byte[64];
        Blake2b.Hash("abc"u8, digest);

        Assert.Equal(
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
            Convert.ToHexStringLower(digest));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Hash_AtTheEdgesOfABlock_IsThatOfPython(int length, string expected)
    {
        Span<byte> digest = stackalloc byte[20];
        Blake2b.Hash(Encoding.ASCII.GetBytes(new string('x', length)), digest);

        Assert.Equal(expected, Convert.ToHexStringLower(digest));
    }

    [Theory]
    [InlineData("u", "b1", 0, "ad2b7bfd0ae8f741de96ce46937202d382868d69")]
    [InlineData("u", "b1", 1, "02053b42e7c98cd5be0261a5fa19b876f6e15434")]
    [InlineData("src", "b1", 0, "9e0b46ce9b77d6b2c41e9d3bfa0610c56ca6bee0")]
    public void ChunkUid_OfTheSameInput_IsTheSame(string source, string parent, int index, string expected) =>
        Assert.Equal(expected, BatchUids.OfChunk(source, parent, index));

    [Theory]
    [InlineData("""{"a":1,"b":[1,2]}""", "aeca50dfa354f3215374471f65294755c3d03e54")]
    [InlineData("""{ "b": [1, 2], "a": 1 }""", "aeca50dfa354f3215374471f65294755c3d03e54")]
    public void Payload_InWhateverSpelling_HasTheRecordedUid(string json, string expected) =>
        Assert.Equal(expected, BatchUids.OfPayload(JsonElement.Parse(json)));

    [Theory]
    [InlineData("""{"k":"ключ"}""")]
    [InlineData("""{"k":"\u043a\u043b\u044e\u0447"}""")]
    public void Json_OfAnotherAlphabet_IsHashedAsUtf8(string json) =>
        Assert.Equal("4a1bf2a850aea7efbb1397cdad22cc3e54454c53", BatchUids.OfJson(JsonElement.Parse(json)));

    public static TheoryData<int, string> Lengths => new()
    {
        { 0, "3345524abf6bbe1809449224b5972c41790b6cf2" },
        { 1, "04087cb4c58f389c80bef882e3392f1b3b0e9e3c" },
        { 127, "b07dd162a78c1e8ca92cd6cd467cd3820ea71a8f" },
        { 128, "03dfe65b6fd81239f6c25ce933394264efbec2db" },
        { 129, "b85c7523f829292bdc8f1fbc761fe0b26c017371" },
        { 256, "e5452626b13f2b485ac3d361a05b149734868ff6" },
        { 300, "5cdff8b6d7145ae42f4dabf69e299160b8ce7a30" },
    };
}
