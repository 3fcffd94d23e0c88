using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Decodes records, and shows rows as text.</summary>
internal static class DecodedRows
{
    /// <summary>The rows of records, a text a row, and behind them what was said of bad ones.</summary>
    public static List<string> Of(FormatConfig format, ArrowSchema schema, params string[] records)
    {
        using var memory = new Leaks();
        using var decoder = RowFormats.Decoder(format, schema, memory.Allocator);
        var bad = new List<string>();
        foreach (var record in records)
        {
            try
            {
                decoder.Add(Encoding.UTF8.GetBytes(record));
            }
            catch (BadRecordException exception)
            {
                bad.Add(exception.Message);
            }
        }

        using var batch = decoder.Build();
        batch?.ValidateFull();
        return [.. Lines(batch), .. bad];
    }

    /// <summary>A text a row.</summary>
    public static List<string> Lines(RecordBatch? batch)
    {
        var lines = new List<string>();
        for (var row = 0; row < (batch?.RowCount ?? 0); row++)
        {
            lines.Add(string.Join("|", batch!.Columns.Select(column => ArrowFormatter.FormatValue(column, row))));
        }

        return lines;
    }

    private sealed class Leaks : IDisposable
    {
        public CountingAllocator Allocator { get; } = new();

        public void Dispose() => Assert.Equal(0, Allocator.LiveBytes);
    }
}
