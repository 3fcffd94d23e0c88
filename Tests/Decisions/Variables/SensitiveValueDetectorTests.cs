using System.Text.Json;
using OrleansFlow.Decisions.Variables;

namespace OrleansFlow.Tests.Decisions.Variables;

/// <summary>Texts and answers are those of the specification's table of vectors.</summary>
public sealed class SensitiveValueDetectorTests
{
    [Theory]
    [InlineData("AKIAABCDEFGHIJKLMNOP")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("hello world this is text")]
    [InlineData("the quick brown fox j")]
    [InlineData("Bearer abcdefghijklmnopqrst")]
    [InlineData("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl")]
    [InlineData("1234567890123456789012")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----")]
    [InlineData("xoxb-000000000000-0000")]
    public void Text_ThatLooksLikeASecret_IsSensitive(string text) => Assert.True(IsSensitive(text, SensitiveValueDetector.DefaultEntropyThreshold));

    [Theory]
    [InlineData("short")]
    [InlineData("   hello world, short   ")]
    [InlineData("aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaabbbbbbbbbb")]
    [InlineData("abababababababababab")]
    public void Text_ThatIsShortOrRegular_IsNot(string text) => Assert.False(IsSensitive(text, SensitiveValueDetector.DefaultEntropyThreshold));

    [Fact]
    public void Threshold_Raised_SparesSentences() => Assert.False(IsSensitive("the quick brown fox j", 4.5));

    [Fact]
    public void Values_OtherThanTexts_AreNot_ListsAreLookedInto()
    {
        var detector = new SensitiveValueDetector();

        Assert.False(detector.IsSensitive("n", JsonElement.Parse("12345678901234567890123")));
        Assert.False(detector.IsSensitive("b", JsonElement.Parse("true")));
        Assert.True(detector.IsSensitive("l", JsonElement.Parse("""["x",{"k":"AKIAABCDEFGHIJKLMNOP"}]""")));
    }

    private static bool IsSensitive(string text, double threshold) => new SensitiveValueDetector(threshold).IsSensitive("p", JsonSerializer.SerializeToElement(text));
}
