using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Numbers an attempt's outputs, writes each and reports it. Metrics travel with the output that follows them.</summary>
/// <remarks>
/// An output whose number was accepted in an earlier attempt is dropped with its metrics, which were counted then. Only so many reports
/// may await their receipts: the handler goes on meanwhile, and waits when the owner cannot keep up.
/// </remarks>
internal sealed class BatchEmitter(TaskAttempt attempt, IArtifactStore store, WorkerInstruments instruments, int firstIndex)
{
    private Dictionary<string, double>? _metrics;

    /// <summary>Number of the next output, which is also how many the task has so far.</summary>
    public int NextIndex { get; private set; } = firstIndex;

    /// <summary>Metrics that no output has taken along.</summary>
    public IReadOnlyDictionary<string, double>? LeftMetrics => _metrics;

    public void Add(IReadOnlyDictionary<string, double>? metrics)
    {
        if (metrics is null || metrics.Count == 0)
        {
            return;
        }

        _metrics ??= [];
        foreach (var (name, value) in metrics)
        {
            _metrics[name] = _metrics.GetValueOrDefault(name) + value;
        }
    }

    /// <summary>Emits an output, whose ownership passes here.</summary>
    public async ValueTask EmitAsync(RecordBatch output)
    {
        using var owned = output;
        if (NextIndex < attempt.Offer.AcceptedBatches)
        {
            NextIndex++;
            _metrics = null;
            return;
        }

        await attempt.WaitForWindowAsync();
        var stored = await store.WriteAsync(attempt.Token.TaskId, attempt.Token.Epoch, NextIndex, output, attempt.Stopping);
        var report = new BatchReport
        {
            Lease = attempt.Offer.Lease, Index = NextIndex, Rows = stored.Rows, Bytes = stored.Bytes, Path = stored.Path,
        };
        if (_metrics is not null)
        {
            report.Metrics.Add(_metrics);
            _metrics = null;
        }

        attempt.Report(report);
        NextIndex++;
        instruments.OnBatch(stored.Rows, stored.Bytes);
    }
}
