using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Samples.Flights;

/// <summary>Joins the airports' names to the aggregates and ranks them in a total order.</summary>
internal sealed class ReportHandler(EngineInstance engine) : RoleHandler
{
    private readonly List<RecordBatch> _delays = [];
    private string _airports = "";

    /// <inheritdoc/>
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        _airports = context.Files.TryGetValue("airports", out var path)
            ? path
            : throw new FlowException(FlowErrorCode.BadInput, "The graph names no file 'airports'; add it to 'files'.");
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        _delays.Add(batch.Batch!.Retain());
        return ValueTask.FromResult(BatchOutcome.None);
    }

    /// <inheritdoc/>
    public override async ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken)
    {
        await using var session = engine.OpenSession();
        await session.RegisterBatchesAsync("delays", _delays[0].Schema, _delays, cancellationToken);
        await using var report = await session.QueryAsync(FlightsSql.Report("SELECT * FROM delays", _airports), null, cancellationToken);
        var batches = new List<RecordBatch>();
        while (await report.ReadAsync(cancellationToken) is { } batch)
        {
            batches.Add(batch);
        }

        return new FinalizeOutcome(batches);
    }

    /// <inheritdoc/>
    public override ValueTask CleanupAsync(RunContext context)
    {
        foreach (var batch in _delays)
        {
            batch.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}
