using OrleansFlow.Flight.Exchange;

namespace OrleansFlow.Tests.Flight.Exchange;

public sealed class ExchangeAddressTests
{
    [Theory]
    [InlineData("exchange+unix:///run/flow/w%201")]
    [InlineData("exchange+tcp://10.0.0.7:8500")]
    [InlineData("exchange+tls://worker-3.example:8500")]
    [InlineData("exchange+tcp://[::1]:8500")]
    public void Parse_OfWhatToStringWrites_IsTheSame(string text)
    {
        Assert.True(ExchangeAddress.TryParse(text, out var address));
        Assert.Equal(text, address.ToString());
        Assert.True(ExchangeAddress.TryParse(address.ToString(), out var again));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("exchange+unix://")]
    [InlineData("exchange+tcp://host")]
    [InlineData("grpc+tcp://host:1")]
    [InlineData("exchange+udp://host:1")]
    public void Parse_OfAnythingElse_Fails(string? text) => Assert.False(ExchangeAddress.TryParse(text, out _));

    [Fact]
    public void Unix_OfAPathThatTheSystemCannotHold_IsRefused()
    {
        Assert.Equal(ExchangeAddress.UnixPathBytesMax, ExchangeAddress.Unix("/" + new string('x', ExchangeAddress.UnixPathBytesMax - 1)).Path!.Length);
        var exception = Assert.Throws<ArgumentException>(() => ExchangeAddress.Unix("/" + new string('x', ExchangeAddress.UnixPathBytesMax)));
        Assert.Contains("107", exception.Message, StringComparison.Ordinal);
    }
}
