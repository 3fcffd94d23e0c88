using System.IO.Compression;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>How long a line of a table's text files is, from the beginnings of some of them.</summary>
/// <param name="BytesPerRow">Stored bytes of a line, above 0.</param>
internal readonly record struct RowLength(double BytesPerRow)
{
    private const int SampledFilesMax = 4;
    private const int SampleBytes = 64 << 10;

    // What common text shrinks to, and a line where none can be seen.
    private const double PackedShare = 0.25;
    private const double UnseenLineBytes = 100;

    /// <summary>Lines that a file has, about.</summary>
    public long RowsOf(ListedFile file) => file.SizeBytes == 0 ? 0 : Math.Max(1, (long)(file.SizeBytes / BytesPerRow));

    /// <summary>Looks at files spread over the whole list.</summary>
    /// <exception cref="FlowException">A file cannot be opened.</exception>
    public static RowLength Sample(IReadOnlyList<ListedFile> files, CancellationToken cancellationToken)
    {
        var buffer = new byte[SampleBytes];
        double bytes = 0;
        long lines = 0;
        var step = Math.Max(1, files.Count / SampledFilesMax);
        for (var index = 0; index < files.Count; index += step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = files[index].Path;
            try
            {
                var isPacked = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
                if (!isPacked && path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase))
                {
                    return new RowLength(UnseenLineBytes * PackedShare);
                }

                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
                using var text = isPacked ? new GZipStream(stream, CompressionMode.Decompress) : (Stream)stream;
                var count = text.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
                var read = buffer.AsSpan(0, count);
                lines += Math.Max(1, read.Count((byte)'\n'));
                bytes += count * (isPacked ? PackedShare : 1);
            }
            catch (InvalidDataException exception)
            {
                throw new FlowException(FlowErrorCode.DataFileMissing, $"The file '{path}' cannot be unpacked: {exception.Message}", exception);
            }
            catch (IOException exception)
            {
                throw TableErrors.Gone(path, exception);
            }
            catch (UnauthorizedAccessException exception)
            {
                throw TableErrors.Gone(path, exception);
            }
        }

        return new RowLength(lines == 0 || bytes == 0 ? UnseenLineBytes : bytes / lines);
    }
}
