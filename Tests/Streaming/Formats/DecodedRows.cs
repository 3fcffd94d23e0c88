using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Decodes records, and shows rows as text.</summary>
internal static class DecodedRows
{
    /// <summary>The rows of records, a text a row, and behind them what was said of bad ones.</summary>
    public static List<string> Of(FormatConfig format, ArrowSchema schema, params string[] records) => Of(format, schema, [.. records.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>As above, of records of bytes.</summary>
    public static List<string> Of(FormatConfig format, ArrowSchema schema, IReadOnlyList<byte[]> records)
    {
        using var memory = new Leaks();
        using var decoder = RowFormats.Decoder(format, schema, memory.Allocator);
        var bad = new List<string>();
        foreach (var record in records)
        {
            try
            {
                decoder.Add(record);
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

    /// <summary>Hands a decoder records that were damaged by chance: it takes them or calls them bad, and good ones among them come out as they were.</summary>
    /// <param name="format">The format.</param>
    /// <param name="schema">The rows.</param>
    /// <param name="good">Some good records.</param>
    /// <param name="seed">Which damage.</param>
    /// <param name="wanted">The rows of the good records.</param>
    public static void CheckHostile(FormatConfig format, ArrowSchema schema, IReadOnlyList<byte[]> good, int seed, IReadOnlyList<string> wanted)
    {
        using var memory = new Leaks();
        using var decoder = RowFormats.Decoder(format, schema, memory.Allocator);
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var taken = 0;
            for (var i = 0; i < 20; i++)
            {
                var before = decoder.HeldRowCount;
                taken += TryAdd(decoder, format.Kind, Damage(good[random.Next(good.Count)], random)) ? decoder.HeldRowCount - before : 0;
            }

            foreach (var record in good)
            {
                decoder.Add(record);
            }

            using var batch = decoder.Build();
            batch!.ValidateFull();
            var lines = Lines(batch);
            Assert.True(lines.Count == taken + wanted.Count, $"Seed {seed}, round {round}: {taken} rows of damaged and {wanted.Count} of good records made {lines.Count} rows.");
            Assert.Equal(wanted, lines[^wanted.Count..]);
        }
    }

    private static bool TryAdd(RowDecoder decoder, FormatKind kind, byte[] record)
    {
        try
        {
            decoder.Add(record);
            return true;
        }
        catch (BadRecordException exception)
        {
            if (RowFormats.IsBinary(kind))
            {
                // Only the parser of JSON may fail in a way of its own.
                Assert.DoesNotContain("JSON", exception.Message, StringComparison.Ordinal);
            }

            return false;
        }
    }

    private static byte[] Damage(byte[] record, Random random)
    {
        byte[] damaged = [.. record];
        switch (random.Next(5))
        {
            case 0:
                return damaged[..random.Next(damaged.Length)];
            case 1:
                random.NextBytes(damaged);
                return damaged;
            case 2:
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                return damaged;
            case 3:
                damaged.AsSpan(random.Next(damaged.Length)).Fill(random.Next(2) == 0 ? (byte)0xFF : (byte)0x80);
                return damaged;
            default:
                return [.. damaged[..random.Next(damaged.Length)], .. damaged[random.Next(damaged.Length)..]];
        }
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
