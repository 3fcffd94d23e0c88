using System.Net;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Tests.Silo.Security;

public sealed class BindPolicyTests
{
    [Theory]
    [InlineData("127.0.0.1", false, false, false)]
    [InlineData("127.0.0.2", false, false, false)]
    [InlineData("::1", false, false, false)]
    [InlineData("0.0.0.0", true, true, false)]
    [InlineData("192.0.2.7", true, true, false)]
    [InlineData("::", true, true, true)]
    public void Check_LoopbackOrProtected_IsAllowedWithoutAWarning(string address, bool hasTls, bool hasToken, bool insecure) =>
        Assert.False(BindPolicy.Check(IPAddress.Parse(address), hasTls, hasToken, insecure));

    [Theory]
    [InlineData("0.0.0.0", false, false, "TLS and a token")]
    [InlineData("0.0.0.0", true, false, "a token")]
    [InlineData("192.0.2.7", false, true, "TLS")]
    [InlineData("::", false, false, "TLS and a token")]
    public void Check_UnprotectedBeyondLoopback_IsRefusedNamingWhatIsMissing(string address, bool hasTls, bool hasToken, string missing)
    {
        var failure = Assert.Throws<FlowException>(() => BindPolicy.Check(IPAddress.Parse(address), hasTls, hasToken, insecure: false));

        Assert.Equal(FlowErrorCode.BindRefused, failure.Code);
        Assert.Contains($"without {missing}:", failure.Message, StringComparison.Ordinal);
        Assert.Contains(address, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_InsecureByRequest_IsAllowedWithAWarning() =>
        Assert.True(BindPolicy.Check(IPAddress.Any, hasTls: false, hasToken: false, insecure: true));
}
