using System.IO.Compression;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Tests.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Connectors.Files;

/// <summary>Goal: a file that is damaged ends with the code of bad input and its name, and one that an editor marked is read.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private static readonly ArrowSchema Schema = new(new ArrowField("n", ArrowType.Int64), new ArrowField("t", ArrowType.Utf8));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-damaged-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(FormatKind.Json, "\uFEFF{\"n\":1,\"t\":\"a\"}\n{\"n\":2,\"t\":\"b\"}\n")]
    [InlineData(FormatKind.Csv, "\uFEFF1,a\n2,b\n")]
    public async Task MarkOfTheEncoding_IsNoPartOfTheFirstRecord(FormatKind kind, string text)
    {
        var path = Path.Combine(_folder.FullName, "in.txt");
        await File.WriteAllBytesAsync(path, Encoding.UTF8.GetBytes(text), Token);

        Assert.Equal(["1|a", "2|b"], await ReadAsync(path, new FormatConfig { Kind = kind, CsvHasNoHeader = true }));
    }

    [Fact]
    public async Task PackedFileThatIsNone_OrDamaged_OrCut_IsBadInput()
    {
        var path = Path.Combine(_folder.FullName, "in.json.gz");
        var lines = string.Concat(Enumerable.Range(0, 50_000).Select(n => $"{{\"n\":{n},\"t\":\"{n * 7919 % 10007}\"}}\n"));
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(lines), Token);
        }

        var damaged = packed.ToArray();
        damaged.AsSpan(damaged.Length / 2, 64).Fill(0xFF);
        foreach (var bytes in (byte[][])["{\"n\":1}\n"u8.ToArray(), damaged, packed.ToArray()[..(damaged.Length / 2)]])
        {
            await File.WriteAllBytesAsync(path, bytes, Token);

            var exception = await Assert.ThrowsAsync<FlowException>(() => ReadAsync(path, new FormatConfig { Kind = FormatKind.Json }));

            Assert.Equal(FlowErrorCode.BadInput, exception.Code);
            Assert.Contains($"'{path}'", exception.Message, StringComparison.Ordinal);
        }

        await File.WriteAllBytesAsync(path, "n,t\n1,a\n"u8.ToArray(), Token);
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => ReadAsync(path, new FormatConfig { Kind = FormatKind.Csv }))).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task DamagedFileOfArrow_IsRows_OrBadInput(int seed)
    {
        var path = Path.Combine(_folder.FullName, "in.arrow");
        var good = ArrowFile();
        var random = new Random(seed);
        var bad = 0;
        for (var round = 0; round < 200; round++)
        {
            byte[] bytes = [.. good];
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            }

            await File.WriteAllBytesAsync(path, random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes, Token);
            try
            {
                _ = await ReadAsync(path, new FormatConfig { Kind = FormatKind.Arrow });
            }
            catch (FlowException exception)
            {
                Assert.True(exception.Code is FlowErrorCode.BadInput or FlowErrorCode.DataFileMissing, $"Seed {seed}, round {round}: {exception}");
                bad++;
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"Seed {seed}, round {round}: {exception}");
            }
        }

        Assert.True(bad > 0);
    }

    private static byte[] ArrowFile()
    {
        var stream = new MemoryStream();
        using (var writer = new ArrowFileWriter(stream, Schema, leaveOpen: true))
        {
            for (var batch = 0; batch < 3; batch++)
            {
                using var builder = new RecordBatchBuilder(Schema);
                for (var row = 0; row < 20; row++)
                {
                    builder.Column<Int64Builder>(0).Append(row);
                    builder.Column<Utf8Builder>(1).Append($"text {row}");
                }

                using var rows = builder.Build();
                writer.Write(rows);
            }

            writer.End();
        }

        return stream.ToArray();
    }

    private static async Task<List<string>> ReadAsync(string path, FormatConfig format)
    {
        var lines = new List<string>();
        await using var rows = await FileRows.OpenAsync(path, 0, format, Schema, new BadRecords("in", drops: false, TimeProvider.System), ArrowAllocator.Default, Token);
        while (await rows.ReadAsync(Token) is { } batch)
        {
            using (batch)
            {
                batch.ValidateFull();
                lines.AddRange(DecodedRows.Lines(batch));
            }
        }

        return lines;
    }
}
