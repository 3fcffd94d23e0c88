using System.Text.Json;
using OrleansFlow.Grains.Graphs;

namespace OrleansFlow.Tests.Grains.Graphs;

public sealed class LongTextConverterTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(100_000)]
    public void Document_OfAnyLength_IsWrittenAndReadAsItIs(int length)
    {
        // Two of these units are one character, and the pieces end in the middle of some.
        var text = string.Concat(Enumerable.Repeat("a\"\\\n\u00e9\ud83d\ude00", (length / 7) + 1))[..length];
        text = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[..^1] : text;

        var json = JsonSerializer.Serialize(new RunPlanRow { DocumentJson = text });

        using var document = JsonDocument.Parse(json);
        Assert.Equal(text, document.RootElement.GetProperty("document").GetString());
        Assert.Equal(text, JsonSerializer.Deserialize<RunPlanRow>(json)!.DocumentJson);
    }
}
