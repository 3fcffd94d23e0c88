using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>Deals the rows of a task out to its outputs, one batch after the other. Not thread-safe.</summary>
internal sealed class RowDealer
{
    // Small enough that a table of some thousand rows reaches every partition.
    private const int RoundRobinRows = 8_192;

    private readonly ITaskOutput[] _outputs;
    private readonly HashPartitioner?[] _partitioners;
    private readonly TaskOutput[] _plans;
    private readonly int[] _firstPlaces;
    private readonly int[] _turns;
    private readonly TaskMeasure _measure;
    private readonly TimeProvider _clock;
    private readonly Action _onStalled;
    private readonly NeededRows? _needed;
    private readonly RowSummary? _summary;

    /// <param name="plans">How the rows of each output are dealt.</param>
    /// <param name="outputs">As many; stay the caller's.</param>
    /// <param name="measure">Counts the rows.</param>
    /// <param name="clock">Measures waiting.</param>
    /// <param name="onStalled">Called when the task begins to wait for a reader.</param>
    /// <param name="needed">Which rows are needed; null: all.</param>
    /// <param name="summary">Hears of the rows that are dealt; null: nobody does.</param>
    public RowDealer(
        IReadOnlyList<TaskOutput> plans,
        IReadOnlyList<ITaskOutput> outputs,
        TaskMeasure measure,
        TimeProvider clock,
        Action onStalled,
        NeededRows? needed = null,
        RowSummary? summary = null)
    {
        _needed = needed;
        _summary = summary;
        _plans = [.. plans];
        _outputs = [.. outputs];
        _measure = measure;
        _clock = clock;
        _onStalled = onStalled;
        _turns = new int[plans.Count];
        _firstPlaces = new int[plans.Count];
        for (var index = 1; index < plans.Count; index++)
        {
            _firstPlaces[index] = _firstPlaces[index - 1] + plans[index - 1].PartitionCount;
        }

        _partitioners = [.. _plans.Select(plan => plan.Dealing == TaskOutput.Types.Dealing.Hash && plan.PartitionCount > 1 ? new HashPartitioner(plan.PartitionCount, [.. plan.Keys]) : null)];
    }

    /// <summary>Deals a batch out, and waits while readers are far behind. The batch stays the caller's.</summary>
    public async ValueTask DealAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (_needed is null)
        {
            await DealNeededAsync(batch, cancellationToken);
            return;
        }

        using var kept = _needed.Keep(batch);
        await DealNeededAsync(kept, cancellationToken);
    }

    private async ValueTask DealNeededAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (batch.RowCount == 0)
        {
            return;
        }

        _summary?.Add(batch);
        _measure.AddMade(batch.RowCount);
        for (var index = 0; index < _outputs.Length; index++)
        {
            if (_partitioners[index] is { } partitioner)
            {
                await DealByHashAsync(index, partitioner, batch, cancellationToken);
            }
            else if (_plans[index].Dealing == TaskOutput.Types.Dealing.RoundRobin && _plans[index].PartitionCount > 1)
            {
                await DealInTurnsAsync(index, batch, cancellationToken);
            }
            else
            {
                await WriteAsync(index, 0, batch.Retain(), batch.ByteCount, cancellationToken);
            }
        }
    }

    /// <summary>Says to every output that all rows are there.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        foreach (var output in _outputs)
        {
            await output.CompleteAsync(cancellationToken);
        }
    }

    private async ValueTask DealByHashAsync(int index, HashPartitioner partitioner, RecordBatch batch, CancellationToken cancellationToken)
    {
        partitioner.Assign(batch);
        var parts = partitioner.Split(batch);
        var done = 0;
        try
        {
            for (; done < parts.Length;)
            {
                var part = parts[done++];
                if (part is not null)
                {
                    await WriteAsync(index, done - 1, part, part.ByteCount, cancellationToken);
                }
            }
        }
        finally
        {
            foreach (var part in parts.AsSpan(done))
            {
                part?.Dispose();
            }
        }
    }

    private async ValueTask DealInTurnsAsync(int index, RecordBatch batch, CancellationToken cancellationToken)
    {
        for (var start = 0; start < batch.RowCount; start += RoundRobinRows)
        {
            var rows = Math.Min(RoundRobinRows, batch.RowCount - start);
            var bytes = Math.Max(1, batch.ByteCount * rows / batch.RowCount);
            await WriteAsync(index, _turns[index], batch.Slice(start, rows), bytes, cancellationToken);
            _turns[index] = (_turns[index] + 1) % _plans[index].PartitionCount;
        }
    }

    private async ValueTask WriteAsync(int index, int partition, RecordBatch batch, long bytes, CancellationToken cancellationToken)
    {
        // Before it goes: whoever sees a row sees it counted.
        _measure.AddOut(_firstPlaces[index] + partition, batch.RowCount, bytes);
        var writing = _outputs[index].WriteAsync(partition, batch, bytes, cancellationToken);
        if (writing.IsCompletedSuccessfully)
        {
            return;
        }

        var startedAt = _clock.GetTimestamp();
        _measure.SetStalled(true);
        _onStalled();
        try
        {
            await writing;
        }
        finally
        {
            _measure.SetStalled(false);
            _measure.AddOutputWait(_clock.GetElapsedTime(startedAt));
        }
    }
}
