using System.Buffers.Text;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Tests.Silo.Security;

public sealed class SignedTextTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ClusterKey _key = ClusterKey.CreateEphemeral();

    private SignedText Signed => new(_key, _clock);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Read_GenuineText_GivesTheSubject()
    {
        var (text, expiresUtc) = Signed.Make(SignedText.TicketKind, "run-1/report", TimeSpan.FromMinutes(1));

        Assert.Equal("run-1/report", Signed.Read(SignedText.TicketKind, text));
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(1), expiresUtc);
    }

    [Fact]
    public void Read_BeforeAndAtExpiry_AcceptsThenRefuses()
    {
        var (text, _) = Signed.Make(SignedText.TicketKind, "run-1/report", TimeSpan.FromSeconds(60));
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("run-1/report", Signed.Read(SignedText.TicketKind, text));

        _clock.Advance(TimeSpan.FromSeconds(1));

        var failure = Assert.Throws<FlowException>(() => Signed.Read(SignedText.TicketKind, text));
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("expired", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TextOfAnotherKey_IsForged()
    {
        using var other = ClusterKey.CreateEphemeral();
        var (text, _) = new SignedText(other, _clock).Make(SignedText.TokenKind, "local", TimeSpan.FromHours(1));

        var failure = Assert.Throws<FlowException>(() => Signed.Read(SignedText.TokenKind, text));

        Assert.Equal(FlowErrorCode.Unauthenticated, failure.Code);
        Assert.Contains("not signed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ChangedPayload_IsForged()
    {
        var (text, _) = Signed.Make(SignedText.TicketKind, "run-1/report", TimeSpan.FromHours(1));
        var parts = text.Split('.');
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])).Replace("run-1", "run-2", StringComparison.Ordinal);
        var forged = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}.{parts[1]}";

        var failure = Assert.Throws<FlowException>(() => Signed.Read(SignedText.TicketKind, forged));

        Assert.Contains("not signed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TicketAsToken_IsRefused()
    {
        var (text, _) = Signed.Make(SignedText.TicketKind, "local", TimeSpan.FromHours(1));

        Assert.Equal(FlowErrorCode.Unauthenticated, Assert.Throws<FlowException>(() => Signed.Read(SignedText.TokenKind, text)).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("abc")]
    [InlineData("a b.c d")]
    [InlineData("AAAA.AAAA")]
    public void Read_AnythingElse_IsRefused(string text) =>
        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => Signed.Read(SignedText.TicketKind, text)).Code);

    [Fact]
    public void Read_VeryLongText_IsRefusedWithoutDecoding() =>
        Assert.Contains(
            "not well-formed",
            Assert.Throws<FlowException>(() => Signed.Read(SignedText.TicketKind, new string('A', 5_000) + ".AAAA")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Make_SubjectWithSeparator_IsRefused() =>
        Assert.Throws<ArgumentException>(() => Signed.Make(SignedText.TicketKind, "a|b", TimeSpan.FromHours(1)));
}
