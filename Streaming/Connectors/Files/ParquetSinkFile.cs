using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>A Parquet file, written by a small engine when it ends; until then its rows are held in memory, so that files have a limit of bytes.</summary>
internal sealed class ParquetSinkFile(StagedObject place, ObjectUpload upload, long openedAt) : SinkFile(place, upload, openedAt)
{
    private readonly List<RecordBatch> _batches = [];
    private long _bytes;

    public override long ByteCount => _bytes;

    public override ValueTask DisposeAsync()
    {
        LetGo();
        return base.DisposeAsync();
    }

    protected override ValueTask WriteRowsAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        _batches.Add(batch.Retain());
        _bytes += batch.ByteCount;
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask EndRowsAsync(CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await using (var engine = await EngineInstance.OpenAsync(ParquetEngine.Options, cancellationToken))
            await using (var session = engine.OpenSession())
            {
                await session.RegisterBatchesAsync("rows", _batches[0].Schema, _batches, cancellationToken);
                await session.ExecuteAsync($"COPY (SELECT * FROM rows) TO {EngineText.Literal(temporary)} (FORMAT parquet, COMPRESSION zstd)", null, cancellationToken);
            }

            await using var file = File.OpenRead(temporary);
            await file.CopyToAsync(Content, cancellationToken);
        }
        catch (EngineException exception)
        {
            throw new FlowException(FlowErrorCode.EngineError, $"The rows of '{Place.Name}' cannot be written as Parquet: {exception.Message}", exception);
        }
        finally
        {
            File.Delete(temporary);
            LetGo();
        }
    }

    private void LetGo()
    {
        foreach (var batch in _batches)
        {
            batch.Dispose();
        }

        _batches.Clear();
    }
}
