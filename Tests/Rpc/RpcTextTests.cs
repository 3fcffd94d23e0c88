using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Rpc;

/// <summary>The text forms of the protocol and the rules of metadata, channels and methods.</summary>
public sealed class RpcTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("größe", "gr%C3%B6%C3%9Fe")]
    public void Message_Encoded_IsPercentEncodedUtf8(string message, string wire)
    {
        Assert.Equal(wire, RpcWireText.EncodeMessage(message));
        Assert.Equal(message, RpcWireText.DecodeMessage(wire));
    }

    [Theory]
    [InlineData("100%", "100%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("%41%", "A%")]
    public void Message_WithBrokenEscapes_StaysReadable(string wire, string expected) =>
        Assert.Equal(expected, RpcWireText.DecodeMessage(wire));

    [Theory]
    [InlineData(0, "1n")]
    [InlineData(-5, "1n")]
    [InlineData(1, "100n")]
    [InlineData(999_999, "99999900n")]
    [InlineData(1_000_000, "100000u")]
    [InlineData(10_000_000, "1000000u")]
    [InlineData(999_999_990, "99999999u")]
    [InlineData(999_999_991, "100000m")]
    [InlineData(864_000_000_000, "86400000m")]
    [InlineData(long.MaxValue, "99999999H")]
    public void Timeout_Encoded_UsesTheFinestUnitThatFitsAndRoundsUp(long ticks, string wire)
    {
        // The longest TimeSpan has nine digits of hours; it is cut to the longest timeout there is.
        Assert.Equal(wire, RpcWireText.EncodeTimeout(TimeSpan.FromTicks(ticks)));
    }

    [Theory]
    [InlineData("1n", 1)]
    [InlineData("101n", 2)]
    [InlineData("7u", 70)]
    [InlineData("3m", 30_000)]
    [InlineData("2S", 20_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("1H", 36_000_000_000)]
    public void Timeout_Decoded_IsTheSameTime(string wire, long ticks)
    {
        Assert.True(RpcWireText.TryDecodeTimeout(wire, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("AP8s", new byte[] { 0, 255, 44 })]
    [InlineData("CQ==", new byte[] { 9 })]
    [InlineData("CQ", new byte[] { 9 })]
    [InlineData("", new byte[] { })]
    public void Base64_WithOrWithoutPadding_IsTheSameBytes(string wire, byte[] bytes)
    {
        Assert.True(RpcWireText.TryDecodeBase64(wire, out var decoded));
        Assert.Equal(bytes, decoded);
        Assert.Equal(wire.TrimEnd('='), RpcWireText.EncodeBase64(bytes));
    }

    [Fact]
    public void Base64_Broken_IsRefused() => Assert.False(RpcWireText.TryDecodeBase64("!!!!", out _));

    [Fact]
    public void Metadata_OutsideTheRules_IsRefused()
    {
        var metadata = new RpcMetadata();

        Assert.Throws<ArgumentException>(() => metadata.Add("", "x"));
        Assert.Throws<ArgumentException>(() => metadata.Add("with space", "x"));
        Assert.Throws<ArgumentException>(() => metadata.Add("grpc-status", "0"));
        Assert.Throws<ArgumentException>(() => metadata.Add("text-bin", "x"));
        Assert.Throws<ArgumentException>(() => metadata.Add("bytes", new byte[] { 1 }));
        Assert.Throws<ArgumentException>(() => metadata.Add("text", "größe"));
        Assert.Throws<ArgumentException>(() => metadata.Add("text", "two\nlines"));
        Assert.Empty(metadata);
    }

    [Fact]
    public void Metadata_SeveralUnderAKey_KeepsOrderAndGivesTheLast()
    {
        var metadata = new RpcMetadata { { "Key", "one" }, { "key", "two" } };

        Assert.Equal("two", metadata.GetValue("KEY"));
        Assert.Equal(["one", "two"], metadata.GetAll("key").Select(entry => entry.Value));
        Assert.Null(metadata.GetValue("other"));
    }

    [Theory]
    [InlineData("ftp://host:1")]
    [InlineData("host:1")]
    [InlineData("http://host:1/path")]
    [InlineData("")]
    public void Channel_AddressThatIsNone_IsRefused(string address) =>
        Assert.Throws<ArgumentException>(() => RpcChannel.ForAddress(address));

    [Theory]
    [InlineData(65_534, false)]
    [InlineData(65_535, true)]
    [InlineData(16 * 1024 * 1024, true)]
    [InlineData(16 * 1024 * 1024 + 1, false)]
    public async Task Channel_StreamWindow_HasARange(int windowBytes, bool allowed)
    {
        var failure = await Record.ExceptionAsync(async () =>
        {
            await using var channel = RpcChannel.ForAddress("http://localhost:1", new RpcChannelOptions { StreamWindowBytes = windowBytes });
        });

        Assert.Equal(allowed ? null : typeof(ArgumentOutOfRangeException), failure?.GetType());
    }

    [Fact]
    public void Exception_OfAStatusThatIsOk_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new RpcException(RpcStatus.Ok));

    [Fact]
    public void Definition_MethodTwiceOrOfAnotherService_IsRefused()
    {
        var definition = new EchoService().Define();

        Assert.Throws<ArgumentException>(() => definition.Unary(EchoMethods.Say, (_, _) => Task.FromResult(new Protos.EchoReply())));
        Assert.Throws<ArgumentException>(() => definition.Unary(EchoMethods.Chat, (_, _) => Task.FromResult(new Protos.EchoReply())));
        Assert.Throws<ArgumentException>(
            () => new RpcServiceDefinition("other").Unary(EchoMethods.Say, (_, _) => Task.FromResult(new Protos.EchoReply())));
    }
}
