using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Engine;

/// <summary>Appends Arrow batches to a table in DuckDB's own vectors; the rows are copied once, into the table.</summary>
internal sealed unsafe class BatchAppender : IDisposable
{
    private readonly ConnectionHandle _conversions;
    private readonly AppenderHandle _appender;
    private ArrowSchema? _schema;
    private ConvertedSchemaHandle? _converter;

    public BatchAppender(ConnectionHandle connection, ConnectionHandle conversions, string table)
    {
        _conversions = conversions;
        var state = DuckDb.CreateAppender(connection, null, null, table, out var appender);
        _appender = new AppenderHandle(appender);
        try
        {
            Check(state);
        }
        catch
        {
            _appender.Dispose();
            throw;
        }
    }

    public void Append(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (_converter is null || !batch.Schema.Equals(_schema))
        {
            _converter?.Dispose();
            _converter = ArrowConversion.ToConverter(_conversions, batch.Schema);
            _schema = batch.Schema;
        }

        var shared = SharedArray.Export(batch);
        try
        {
            for (long start = 0; start < shared->RowCount; start += DuckDb.VectorRowCount)
            {
                cancellationToken.ThrowIfCancellationRequested();
                AppendRows(shared, start, Math.Min(DuckDb.VectorRowCount, shared->RowCount - start));
            }
        }
        finally
        {
            SharedArray.Release(shared);
        }
    }

    public void Flush() => Check(DuckDb.FlushAppender(_appender));

    public void Dispose()
    {
        // Closing writes what is held back. After a flush that is nothing; after a failure it must not reach the table.
        _ = DuckDb.ClearAppender(_appender);
        _appender.Dispose();
        _converter?.Dispose();
    }

    private void AppendRows(SharedArray* shared, long start, long count)
    {
        CArrowArray slice;
        SharedArray.Slice(shared, 0, _schema!.Fields.Count, start, count, &slice);
        nint chunk = 0;
        try
        {
            EngineException.ThrowIfError(DuckDb.DataChunkFromArrow(_conversions, &slice, _converter!, out chunk));
            Check(DuckDb.AppendDataChunk(_appender, chunk));
        }
        finally
        {
            if (chunk != 0)
            {
                DuckDb.DestroyDataChunk(ref chunk);
            }

            CArrowArray.ReleaseIfHeld(&slice);
        }
    }

    private void Check(int state)
    {
        if (state != DuckDb.Success)
        {
            throw EngineException.TakeError(DuckDb.AppenderErrorData(_appender))
                ?? new EngineException("The append failed without a message.", EngineErrorKind.Unknown);
        }
    }
}
