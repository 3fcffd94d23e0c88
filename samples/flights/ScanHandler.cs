using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Flights;

/// <summary>
/// Reads this task's rows of the Parquet file and yields them batch by batch. A batch is a fixed range of row numbers, so every attempt
/// makes the same batches, and one that takes over starts after the last accepted one.
/// </summary>
internal sealed class ScanHandler(EngineInstance engine) : RoleHandler
{
    private EngineSession? _session;
    private string _file = "";
    private int _batchRows;
    private long _firstRow;
    private long _endRow;

    /// <inheritdoc/>
    public override bool ResumesAfterAccepted => true;

    /// <inheritdoc/>
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        _file = context.Files.TryGetValue("flights", out var path)
            ? path
            : throw new FlowException(FlowErrorCode.BadInput, "The graph names no file 'flights'; add it to 'files'.");
        if (!File.Exists(_file))
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"File 'flights' does not exist on this worker: {_file}");
        }

        _batchRows = (int)Number(context.Params, "batch_rows");
        var rowsPerTask = Number(context.Params, "rows_per_task");
        _firstRow = context.TaskId.Index * rowsPerTask;
        _endRow = Math.Min(_firstRow + rowsPerTask, Number(context.Params, "total_rows"));
        _session = engine.OpenSession();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = _firstRow + (context.AcceptedBatchCount * (long)_batchRows);
        if (first >= _endRow)
        {
            yield break;
        }

        // Row numbers and the engine's promise of the same rows in the same order make the batches the same in every attempt.
        var sql = string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT date, delay, distance, origin, destination FROM read_parquet({EngineText.Literal(_file)}, file_row_number = true) WHERE file_row_number >= {first} AND file_row_number < {_endRow}");
        await using var rows = await _session!.QueryAsync(sql, null, cancellationToken, _batchRows);
        for (var number = context.AcceptedBatchCount; await rows.ReadAsync(cancellationToken) is { } batch; number++)
        {
            yield return new InputBatch(number.ToString(CultureInfo.InvariantCulture), batch);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new BatchOutcome(batch.Batch!.Retain()));

    /// <inheritdoc/>
    public override async ValueTask CleanupAsync(RunContext context)
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }
    }

    private static long Number(JsonElement parameters, string name) =>
        parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out var value) && value.TryGetInt64(out var number) && number > 0
            ? number
            : throw new FlowException(FlowErrorCode.BadInput, $"Parameter '{name}' must be a whole number above 0.");
}
