using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.State.Files;

/// <summary>Files of tables as compressed Arrow IPC files in an object store, written and read a batch at a time.</summary>
/// <param name="store">Where they are.</param>
/// <param name="job">The job's folder in the store.</param>
/// <param name="generation">Generation of the job that writes: no other one writes to the same paths.</param>
/// <param name="isKept">
/// Whether what is written is kept long and read often, as compaction's files are: then zstd has the time. What a checkpoint adds on a local disk is written by LZ4, which
/// goes about as fast as the disk; over a network fewer bytes count more. Either takes the place of the other where a system lacks the library.
/// </param>
internal sealed class ArrowTableFiles(IObjectStore store, string job, long generation, bool isKept) : ITableFiles
{
    // What stands before the messages in a file; behind it, a file can be read as a stream.
    private const int MagicBytes = 8;

    private static readonly IpcWriteOptions Small = new()
    {
        Alignment = 8,
        Allocator = ArrowAllocator.Pooled,
        Compression = IpcCodecs.IsAvailable(IpcCompression.Zstd) ? IpcCompression.Zstd : IpcCompression.Lz4Frame,
    };

    private static readonly IpcWriteOptions Fast = new() { Alignment = 8, Allocator = ArrowAllocator.Pooled, Compression = IpcCompression.Lz4Frame };

    // Damage shows in the frames' checks and in the structure; text was checked when it came in.
    private static readonly IpcReadOptions ReadOptions = new() { Allocator = ArrowAllocator.Pooled, ValidateUtf8 = false };

    private long _bytesWritten;

    /// <summary>Bytes of all files that were completed.</summary>
    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    public string PathOf(SubtaskPlace place, string table, long epoch, int compaction) => CheckpointLayout.TableFile(generation, epoch, place.OperatorId, table, place.Index, compaction);

    public async ValueTask<ITableFileWriter> CreateAsync(string path, ArrowSchema schema, CancellationToken cancellationToken) =>
        new Writer(this, schema, isKept || !store.IsLocal ? Small : Fast, await store.UploadAsync($"{job}/{path}", cancellationToken));

    public async IAsyncEnumerable<RecordBatch> ReadAsync(TableFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = await store.OpenReadAsync($"{job}/{file.Path}", cancellationToken);
        if ((ulong)stream.Length != file.Bytes)
        {
            throw Damaged(file, $"it has {stream.Length} bytes and had {file.Bytes}", null);
        }

        await stream.ReadExactlyAsync(new byte[MagicBytes], cancellationToken);
        using var reader = new ArrowStreamReader(stream, ReadOptions, leaveOpen: true);
        var (rows, hash) = (0L, (ImpliedHash?)null);
        while (await NextAsync(file, reader, cancellationToken) is { } batch)
        {
            hash ??= ImpliedHash.Of(batch.Schema);
            rows += batch.RowCount;
            yield return hash?.Add(batch) ?? batch;
        }

        if (rows != file.Rows)
        {
            throw Damaged(file, $"it has {rows} rows and had {file.Rows}", null);
        }
    }

    private static async ValueTask<RecordBatch?> NextAsync(TableFile file, ArrowStreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is ArrowFormatException or EndOfStreamException)
        {
            throw Damaged(file, exception.Message, exception);
        }
        catch (NotSupportedException exception)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"State file '{file.Path}' cannot be read on this machine: {exception.Message}", exception);
        }
    }

    private static FlowException Damaged(TableFile file, string reason, Exception? exception) =>
        new(FlowErrorCode.StateCorrupt, $"State file '{file.Path}' is damaged: {reason}. Start from an earlier checkpoint or a savepoint.", exception);

    private sealed class Writer(ArrowTableFiles files, ArrowSchema schema, IpcWriteOptions options, ObjectUpload upload) : ITableFileWriter
    {
        private readonly ArrowFileWriter _writer = new(upload.Content, schema, options, leaveOpen: true);

        public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken) => await _writer.WriteAsync(batch, cancellationToken);

        public async ValueTask<long> CompleteAsync(CancellationToken cancellationToken)
        {
            await _writer.EndAsync(cancellationToken);
            var bytes = await upload.CompleteAsync(cancellationToken);
            Interlocked.Add(ref files._bytesWritten, bytes);
            return bytes;
        }

        public async ValueTask DisposeAsync()
        {
            await _writer.DisposeAsync();
            await upload.DisposeAsync();
        }
    }
}
