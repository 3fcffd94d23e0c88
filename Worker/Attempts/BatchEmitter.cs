using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Numbers an attempt's outputs, writes each and reports it. Metrics travel with the output that follows them.</summary>
/// <remarks>
/// An output whose number was accepted in an earlier attempt is dropped with its metrics, which were counted then. Only so many reports
/// may await their receipts: the handler goes on meanwhile, and waits when the owner cannot keep up.
/// </remarks>
internal sealed class BatchEmitter(TaskAttempt attempt, IArtifactStore store, WorkerInstruments instruments, int firstIndex)
{
    private Dictionary<string, double>? _metrics;
    private Dictionary<string, double>? _totals;
    private Dictionary<string, int>? _byUid;
    private long _items = attempt.Offer.Totals?.Rows ?? 0;

    /// <summary>Number of the next output, which is also how many the task has so far.</summary>
    public int NextIndex { get; private set; } = firstIndex;

    /// <summary>How many outputs the task has in all when nothing more is emitted.</summary>
    public int Count => _byUid is null ? NextIndex : Math.Max(NextIndex, attempt.Offer.AcceptedBatches);

    /// <summary>Where a later attempt goes on reading once the next output is accepted; null when that is not known.</summary>
    public string? InputPosition { get; set; }

    /// <summary>Metrics that no output has taken along.</summary>
    public IReadOnlyDictionary<string, double>? LeftMetrics => _metrics;

    /// <summary>What stands of the task, this attempt's outputs included.</summary>
    public RunTotals Totals => new(
        Math.Max(NextIndex, attempt.Offer.AcceptedBatches), _items, new Dictionary<string, double>(_totals ?? (attempt.Offer.Totals?.Metrics as IEnumerable<KeyValuePair<string, double>> ?? [])));

    public void Add(IReadOnlyDictionary<string, double>? metrics)
    {
        if (metrics is null || metrics.Count == 0)
        {
            return;
        }

        foreach (var (name, value) in metrics)
        {
            Add(name, value);
        }
    }

    public void Add(string name, double value)
    {
        _metrics ??= [];
        _metrics[name] = _metrics.GetValueOrDefault(name) + value;
    }

    /// <summary>A metric of which the largest value counts, within one batch.</summary>
    public void AddLargest(string name, double value)
    {
        _metrics ??= [];
        _metrics[name] = Math.Max(_metrics.GetValueOrDefault(name), value);
    }

    /// <summary>Emits an output, whose ownership passes here, and the checkpoint that comes with it.</summary>
    public async ValueTask EmitAsync(RecordBatch output, TaskCheckpoint? checkpoint = null)
    {
        using var owned = output;
        if (NextIndex < attempt.Offer.AcceptedBatches)
        {
            NextIndex++;
            _metrics = null;
            return;
        }

        await attempt.WaitForWindowAsync();
        await WriteAsync(NextIndex, output, "", checkpoint, attempt.Stopping);
    }

    /// <summary>Emits an output under a name of the handler's and waits until it stands. One that stands is left as it is.</summary>
    public async ValueTask<ArtifactReference> UpsertAsync(string uid, RecordBatch output, CancellationToken cancellationToken)
    {
        if (uid.Length is 0 or > IArtifactWriter.NameCharsMax)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"An artifact's name has {uid.Length} characters; use 1 to {IArtifactWriter.NameCharsMax}.");
        }

        _byUid ??= attempt.Offer.AcceptedUids.ToDictionary(one => one.Uid, one => one.Index, StringComparer.Ordinal);
        if (_byUid.TryGetValue(uid, out var standing))
        {
            // In its place of the order, where a handler that also returns outputs counts it.
            NextIndex += standing == NextIndex ? 1 : 0;
            return new ArtifactReference(attempt.Token.TaskId, standing, uid);
        }

        if (_byUid.Count >= IArtifactWriter.NamesMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded, $"Task '{attempt.Token.TaskId}' has {_byUid.Count} named artifacts, as many as are kept; return the others as outputs.");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, attempt.Stopping);
        await attempt.WaitForWindowAsync();
        var index = Math.Max(NextIndex, attempt.Offer.AcceptedBatches);
        await WriteAsync(index, output, uid, null, stop.Token);
        await attempt.WaitForReceiptsAsync();
        _byUid.Add(uid, index);
        return new ArtifactReference(attempt.Token.TaskId, index, uid);
    }

    private async ValueTask WriteAsync(int index, RecordBatch output, string uid, TaskCheckpoint? checkpoint, CancellationToken cancellationToken)
    {
        var stored = await store.WriteAsync(attempt.Token.TaskId, attempt.Token.Epoch, index, output, cancellationToken);
        var report = new BatchReport
        {
            Lease = attempt.Offer.Lease, Index = index, Rows = stored.Rows, Bytes = stored.Bytes, Path = stored.Path, Uid = uid,
            InputPosition = InputPosition ?? "",
        };
        if (_metrics is not null)
        {
            report.Metrics.Add(_metrics);
            AddToTotals(_metrics);
            _metrics = null;
        }

        if (checkpoint is not null)
        {
            report.Checkpoint = new Checkpoint { Version = checkpoint.Version, Json = checkpoint.Json, OutputCount = index + 1 };
        }

        attempt.Report(report);
        NextIndex = index + 1;
        _items += stored.Rows;
        instruments.OnBatch(stored.Rows, stored.Bytes);
    }

    private void AddToTotals(Dictionary<string, double> metrics)
    {
        _totals ??= attempt.Offer.Totals?.Metrics.ToDictionary() ?? [];
        foreach (var (name, value) in metrics)
        {
            _totals[name] = _totals.GetValueOrDefault(name) + value;
        }
    }
}
