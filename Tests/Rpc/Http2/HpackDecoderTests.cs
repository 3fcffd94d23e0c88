using OrleansFlow.Rpc.Http2;

namespace OrleansFlow.Tests.Rpc.Http2;

public sealed class HpackDecoderTests
{
    /// <summary>Texts of the examples of RFC 7541, appendix C.</summary>
    [Theory]
    [InlineData("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com")]
    [InlineData("a8eb10649cbf", "no-cache")]
    [InlineData("25a849e95ba97d7f", "custom-key")]
    [InlineData("25a849e95bb8e8b4bf", "custom-value")]
    [InlineData("6402", "302")]
    [InlineData("aec3771a4b", "private")]
    [InlineData("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT")]
    [InlineData("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com")]
    [InlineData("9bd9ab", "gzip")]
    [InlineData("94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")]
    public void Text_OfTheSpecification_IsRead(string coded, string text)
    {
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(HpackHuffman.Decode(Convert.FromHexString(coded))));
    }

    [Theory]
    [InlineData("ffffffff")]
    [InlineData("f1e3c2e5f23a6ba0ab90f400")]
    [InlineData("a8eb10649cbfff")]
    public void Text_CutOrWithTheEndMark_IsRefused(string coded)
    {
        Assert.Throws<HttpProtocolException>(() => HpackHuffman.Decode(Convert.FromHexString(coded)));
    }

    /// <summary>Every form of RFC 7541, section 6, that a peer without a table may use.</summary>
    [Fact]
    public void Block_OfEveryForm_IsRead()
    {
        byte[] block =
        [
            0x20,
            0x88,
            0x40, 0x0a, .. "custom-key"u8, 0x0d, .. "custom-header"u8,
            0x04, 0x0c, .. "/sample/path"u8,
            0x10, 0x08, .. "password"u8, 0x06, .. "secret"u8,
            0x5f, 0x10, .. "application/grpc"u8,
        ];

        Assert.Equal(
            [(":status", "200"), ("custom-key", "custom-header"), (":path", "/sample/path"), ("password", "secret"), ("content-type", "application/grpc")],
            HpackDecoder.Decode(block));
    }

    [Theory]
    [InlineData("be")]
    [InlineData("80")]
    [InlineData("3fe11f")]
    [InlineData("00")]
    [InlineData("0003616263")]
    [InlineData("000361626305")]
    [InlineData("007fffffffffff")]
    [InlineData("7f")]
    public void Block_ThatIsCutOrRefersToATable_IsRefused(string block)
    {
        Assert.Throws<HttpProtocolException>(() => HpackDecoder.Decode(Convert.FromHexString(block)));
    }

    [Fact]
    public void Block_OfRandomBytes_IsReadOrRefused()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var block = new byte[random.Next(1, 40)];
            random.NextBytes(block);
            var failure = Record.Exception(() => HpackDecoder.Decode(block));
            Assert.True(failure is null or HttpProtocolException, $"{Convert.ToHexString(block)}: {failure}");
        }
    }
}
