using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Flights;

/// <summary>
/// Aggregates while the scans still run: each batch becomes counts per group and delay, and the end turns the counts into the answers.
/// Counts add up to the same whatever the order in which batches arrive, so a repeated attempt gives the same rows.
/// </summary>
internal sealed class DelaysHandler(EngineInstance engine) : RoleHandler
{
    private EngineSession? _session;
    private int _lateMinutes;

    /// <inheritdoc/>
    public override async ValueTask InitAsync(RunContext context, CancellationToken cancellationToken)
    {
        _lateMinutes = context.Params.ValueKind == JsonValueKind.Object && context.Params.TryGetProperty("late_minutes", out var late) ? late.GetInt32() : 15;
        _session = engine.OpenSession();
        await _session.ExecuteAsync(
            "CREATE TEMP TABLE histogram (grouping VARCHAR, origin VARCHAR, destination VARCHAR, hour INTEGER, band VARCHAR, delay BIGINT, n BIGINT)", null, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var flights = batch.Batch!;
        await _session!.RegisterBatchesAsync("flights", flights.Schema, [flights], cancellationToken);
        await _session.ExecuteAsync($"INSERT INTO histogram {FlightsSql.Histogram("flights")}", null, cancellationToken);
        return BatchOutcome.None;
    }

    /// <inheritdoc/>
    public override async ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken)
    {
        await using var answer = await _session!.QueryAsync(
            $"{FlightsSql.FromHistogram("histogram", _lateMinutes)} ORDER BY {FlightsSql.Keys}", null, cancellationToken);
        var batches = new List<RecordBatch>();
        while (await answer.ReadAsync(cancellationToken) is { } batch)
        {
            batches.Add(batch);
        }

        return new FinalizeOutcome(batches);
    }

    /// <inheritdoc/>
    public override async ValueTask CleanupAsync(RunContext context)
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }
    }
}
