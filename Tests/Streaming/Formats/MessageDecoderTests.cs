using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Goal: of a message no row is lost in silence.</summary>
public sealed class MessageDecoderTests
{
    private static readonly ArrowSchema Schema = new(new ArrowField("n", ArrowType.Int64));

    [Theory]
    [InlineData("[{\"n\":1},{\"n\":2}]", 0)]
    [InlineData(" [{\"n\":1},{\"n\":2}] \r\n", 0)]
    [InlineData("[{\"n\":1},{\"n\":2}] [{\"n\":3}]", 1)]
    [InlineData("[{\"n\":1},{\"n\":2}]x", 1)]
    [InlineData("[{\"n\":1},{\"n\":2}", 1)]
    public void ElementsOfAnArray_AreRows_AndWhatFollowsIsBad(string message, int badCount) =>
        Assert.Equal((2, badCount), Decode(new FormatConfig { Kind = FormatKind.Json, Framing = FramingKind.JsonArray }, Encoding.UTF8.GetBytes(message)));

    [Theory]
    [InlineData(FormatKind.Json, FramingKind.None, "{\"n\":1}")]
    [InlineData(FormatKind.Json, FramingKind.JsonArray, "[{\"n\":1}]")]
    [InlineData(FormatKind.Json, FramingKind.Newline, "{\"n\":1}\n")]
    [InlineData(FormatKind.Csv, FramingKind.Newline, "n\n1\n")]
    public void MarkOfTheEncoding_IsNoPartOfTheMessage(FormatKind kind, FramingKind framing, string message) =>
        Assert.Equal((1, 0), Decode(new FormatConfig { Kind = kind, Framing = framing }, [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(message)]));

    private static (int Rows, int Bad) Decode(FormatConfig format, byte[] message)
    {
        using var decoder = new MessageDecoder(format, Schema, ArrowAllocator.Default);
        var bad = 0;
        decoder.Add(message, _ => bad++);
        using var rows = decoder.Build();
        return (rows?.RowCount ?? 0, bad);
    }
}
