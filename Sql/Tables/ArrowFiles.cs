using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Opens Arrow IPC files: with a directory of their batches (<c>.arrow</c>, <c>.feather</c>, <c>.ipc</c>), or as a stream (<c>.arrows</c>). Which of them a file is,
/// its first bytes say. Files are read and not mapped: somebody may shorten one meanwhile.
/// </summary>
internal static class ArrowFiles
{
    private static readonly byte[] FileMagic = "ARROW1"u8.ToArray();
    private static readonly byte[] OldFeatherMagic = "FEA1"u8.ToArray();

    /// <summary>Columns of a file, and rows and bytes of each of its batches; null for the batches of a stream, which has to be read from its start.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.DataFileMissing"/>: it is gone, torn, or no Arrow file; it is named.</exception>
    public static (ArrowSchema Schema, IReadOnlyList<(long Rows, long Bytes)>? Batches) ReadFooter(string path) => Guard(path, () =>
    {
        var (stream, isStream) = Open(path);
        using (stream)
        {
            if (isStream)
            {
                using var rows = new ArrowStreamReader(stream, leaveOpen: true);
                return (rows.ReadSchema(), (IReadOnlyList<(long, long)>?)null);
            }

            using var reader = ArrowFileReader.Open(stream, leaveOpen: true);
            var batches = new (long, long)[reader.BatchCount];
            for (var index = 0; index < batches.Length; index++)
            {
                batches[index] = (reader.ReadRowCount(index), reader.BatchBytes(index));
            }

            return (reader.Schema, batches);
        }
    });

    /// <summary>The columns of a file.</summary>
    /// <exception cref="FlowException">As for <see cref="ReadFooter"/>.</exception>
    public static ArrowSchema ReadSchema(string path) => Guard(path, () =>
    {
        var (stream, isStream) = Open(path);
        using (stream)
        {
            if (isStream)
            {
                using var rows = new ArrowStreamReader(stream, leaveOpen: true);
                return rows.ReadSchema();
            }

            using var reader = ArrowFileReader.Open(stream, leaveOpen: true);
            return reader.Schema;
        }
    });

    /// <summary>Reads batches one after the other; the caller disposes each.</summary>
    /// <param name="path">The file.</param>
    /// <param name="check">Told the columns of the file before any row is read; throws when they do not fit.</param>
    /// <param name="columns">Columns that are read, in this order; the batches have no others. None: the batches have rows only.</param>
    /// <param name="firstBatch">The first batch, from 0.</param>
    /// <param name="batchCount">How many at most.</param>
    /// <exception cref="FlowException">As for <see cref="ReadFooter"/>.</exception>
    public static IEnumerable<RecordBatch> Read(string path, Action<ArrowSchema> check, IReadOnlyList<int> columns, long firstBatch, long batchCount)
    {
        var (stream, isStream) = Guard(path, () => Open(path));
        using var file = stream;
        using var rows = isStream ? new ArrowStreamReader(file, leaveOpen: true) : null;
        using var reader = isStream ? null : Guard(path, () => ArrowFileReader.Open(file, leaveOpen: true));
        check(reader is null ? Guard(path, rows!.ReadSchema) : reader.Schema);
        for (var index = 0L; index - firstBatch < batchCount; index++)
        {
            if (reader is not null && index < firstBatch)
            {
                index = firstBatch;
            }

            var batch = Guard(path, () => reader is null ? Select(rows!.ReadNext(), columns) : index < reader.BatchCount ? reader.ReadBatch((int)index, columns) : null);
            if (batch is null)
            {
                yield break;
            }

            if (index < firstBatch)
            {
                batch.Dispose();
                continue;
            }

            yield return batch;
        }
    }

    private static RecordBatch? Select(RecordBatch? batch, IReadOnlyList<int> columns)
    {
        using (batch)
        {
            return batch?.Select([.. columns]);
        }
    }

    private static (FileStream Stream, bool IsStream) Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            Span<byte> head = stackalloc byte[6];
            var found = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            stream.Position = 0;
            if (found.StartsWith(OldFeatherMagic))
            {
                throw new ArrowFormatException("It is Feather version 1, which is not Arrow IPC; write it as version 2.");
            }

            return found.IsEmpty ? throw new ArrowFormatException("It is empty.") : (stream, !found.SequenceEqual(FileMagic));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is ArrowFormatException or EndOfStreamException)
        {
            throw TableErrors.CorruptArrow(path, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TableErrors.Gone(path, exception);
        }
    }
}
