using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>Rows of a Parquet file, read by an engine of its own; places are rows.</summary>
internal sealed class ParquetFileRows : FileRows
{
    private readonly EngineInstance _engine;
    private readonly EngineSession _session;
    private readonly EngineResult _result;
    private readonly ArrowSchema _schema;
    private readonly string _path;
    private long _position;

    private ParquetFileRows(EngineInstance engine, EngineSession session, EngineResult result, string path, long position, ArrowSchema schema)
    {
        (_engine, _session, _result, _path, _position, _schema) = (engine, session, result, path, position, schema);
    }

    public override long Position => _position;

    /// <summary>Opens one; see <see cref="FileRows.OpenAsync"/>.</summary>
    public static async ValueTask<ParquetFileRows> OpenAsync(string path, long position, ArrowSchema schema, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{path}' is not there.", path);
        }

        // The engine keeps the order of the file, and only a few row groups at a time.
        var engine = await EngineInstance.OpenAsync(ParquetEngine.Options, cancellationToken);
        EngineSession? session = null;
        try
        {
            session = engine.OpenSession();
            var columns = string.Join(", ", schema.Fields.Select(field => EngineText.Quote(field.Name)));
            await using (var counted = await session.QueryAsync($"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({EngineText.Literal(path)})", null, cancellationToken))
            using (var count = await counted.ReadAsync(cancellationToken))
            {
                if (count!.Column<Int64Array>(0).Values[0] < position)
                {
                    throw TooShort(path, position, "row");
                }
            }

            var sql = string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT {columns} FROM read_parquet({EngineText.Literal(path)}, file_row_number = true, hive_partitioning = false) WHERE file_row_number >= {position}");
            var result = await session.QueryAsync(sql, null, cancellationToken, BatchRows);
            if (!result.Schema.Fields.Select(field => field.Type).SequenceEqual(schema.Fields.Select(field => field.Type)))
            {
                await result.DisposeAsync();
                throw new FlowException(FlowErrorCode.BadInput, $"'{path}' has the columns ({result.Schema}), and the table wants ({schema}). Declare the columns with the types of the file, and cast them in a query.");
            }

            return new ParquetFileRows(engine, session, result, path, position, schema);
        }
        catch (Exception exception)
        {
            if (session is not null)
            {
                await session.DisposeAsync();
            }

            await engine.DisposeAsync();
            throw exception is EngineException ? new FlowException(FlowErrorCode.BadInput, $"'{path}' cannot be read as Parquet: {exception.Message}", exception) : exception;
        }
    }

    public override async ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _result.ReadAsync(cancellationToken) is { } read)
            {
                using (read)
                {
                    if (read.RowCount > 0)
                    {
                        _position += read.RowCount;
                        return new RecordBatch(_schema, [.. read.Columns.Select(column => column.Retain())], read.RowCount);
                    }
                }
            }

            return null;
        }
        catch (EngineException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{_path}' cannot be read as Parquet behind row {_position}: {exception.Message}", exception);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _result.DisposeAsync();
        await _session.DisposeAsync();
        await _engine.DisposeAsync();
    }
}

/// <summary>The small engine that reads and writes Parquet files.</summary>
internal static class ParquetEngine
{
    /// <summary>One thread, so that rows keep their order at little memory.</summary>
    public static EngineOptions Options { get; } = new() { ThreadCount = 1, MemoryLimitBytes = 512L << 20 };
}
