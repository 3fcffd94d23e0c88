using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>A file of a sink that is being written, under its staged name. Not thread-safe.</summary>
internal abstract class SinkFile(StagedObject place, ObjectUpload upload, long openedAt) : IAsyncDisposable
{
    /// <summary>Where it is, and where it is to be.</summary>
    public StagedObject Place => place;

    /// <summary>The moment of the clock when it was begun.</summary>
    public long OpenedAt => openedAt;

    /// <summary>Rows so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Bytes so far, about.</summary>
    public abstract long ByteCount { get; }

    /// <summary>Where bytes go.</summary>
    protected Stream Content => upload.Content;

    /// <summary>Begins one.</summary>
    public static async ValueTask<SinkFile> OpenAsync(IObjectStore store, StagedObject place, FormatConfig format, ArrowSchema schema, long openedAt, CancellationToken cancellationToken)
    {
        var upload = await store.UploadAsync(place.StagedName, cancellationToken);
        return format.Kind switch
        {
            FormatKind.Parquet => new ParquetSinkFile(place, upload, openedAt),
            FormatKind.Arrow => new ArrowSinkFile(place, upload, openedAt, schema),
            _ => new TextSinkFile(place, upload, openedAt, format, schema),
        };
    }

    /// <summary>Adds rows; the batch stays the caller's.</summary>
    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        RowCount += batch.RowCount;
        await WriteRowsAsync(batch, cancellationToken);
    }

    /// <summary>Ends it: whole and durable under its staged name.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        await EndRowsAsync(cancellationToken);
        place.Bytes = await upload.CompleteAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => upload.DisposeAsync();

    /// <summary>Adds rows.</summary>
    protected abstract ValueTask WriteRowsAsync(RecordBatch batch, CancellationToken cancellationToken);

    /// <summary>Writes what stands at the end.</summary>
    protected abstract ValueTask EndRowsAsync(CancellationToken cancellationToken);
}

/// <summary>Records.</summary>
internal sealed class TextSinkFile(StagedObject place, ObjectUpload upload, long openedAt, FormatConfig format, ArrowSchema schema) : SinkFile(place, upload, openedAt)
{
    private readonly SinkRows _rows = new(new RowSinkConfig { Format = format }, schema);
    private long _bytes;

    public override long ByteCount => _bytes;

    public override ValueTask DisposeAsync()
    {
        _rows.Dispose();
        return base.DisposeAsync();
    }

    protected override async ValueTask WriteRowsAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (_bytes == 0)
        {
            await WriteAsync(_rows.Head(), cancellationToken);
        }

        await WriteAsync(_rows.Write(batch), cancellationToken);
    }

    protected override ValueTask EndRowsAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await Content.WriteAsync(bytes, cancellationToken);
        _bytes += bytes.Length;
    }
}

/// <summary>A file of Arrow IPC.</summary>
internal sealed class ArrowSinkFile(StagedObject place, ObjectUpload upload, long openedAt, ArrowSchema schema) : SinkFile(place, upload, openedAt)
{
    private readonly ArrowFileWriter _writer = new(upload.Content, schema, leaveOpen: true);

    public override long ByteCount => _writer.BytesWritten;

    public override async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async ValueTask WriteRowsAsync(RecordBatch batch, CancellationToken cancellationToken) => await _writer.WriteAsync(batch, cancellationToken);

    protected override async ValueTask EndRowsAsync(CancellationToken cancellationToken) => await _writer.EndAsync(cancellationToken);
}
