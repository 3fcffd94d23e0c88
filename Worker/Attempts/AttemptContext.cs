using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Attempts;

/// <summary>What a handler sees of its attempt. What costs anything is made at first use.</summary>
internal sealed class AttemptContext(
    TaskAttempt attempt, WorkerId workerId, IServiceProvider services, UpstreamReaders readers, Func<TaskAttempt, string> makeTempFolder,
    ILogger logger, TimeProvider clock) : RunContext, IArtifactWriter, IArtifactSource
{
    private JsonElement? _params;
    private ILogger? _logger;
    private string? _tempFolder;
    private Dictionary<string, object?>? _scratch;
    private RoleHandler? _handler;
    private BatchEmitter? _emitter;

    public override TaskId TaskId => attempt.Token.TaskId;

    public override int TaskCount => Math.Max(1, attempt.Offer.TaskCount);

    public override long Epoch => attempt.Token.Epoch;

    public override int Attempt => attempt.Offer.Attempt;

    public override WorkerId WorkerId => workerId;

    public override string Role => attempt.Offer.Role;

    public override JsonElement Params => _params ??= ParseParams();

    public override IReadOnlyDictionary<string, string> Files => attempt.Offer.Files;

    public override IReadOnlyList<string> Parents => attempt.Offer.Parents;

    public override IReadOnlyList<UpstreamFailure> Failures { get; } =
        [.. attempt.Offer.ParentFailures.Select(failure => new UpstreamFailure(failure.Node, failure.Reason, failure.Message))];

    public override int AcceptedBatchCount => attempt.Offer.AcceptedBatches;

    public override TaskCheckpoint? Checkpoint => CurrentCheckpoint;

    public override RunTotals Totals => Emitter.Totals;

    public override string IdempotencyKey => BatchUid is { } uid ? $"{TaskId}/{uid}" : TaskId.Value;

    public override IArtifactWriter Artifacts => this;

    public override CancellationToken Stopping => attempt.Stopping;

    public override string? StopReason => attempt.StopReason;

    public override TimeSpan? Remaining => attempt.RemainingAt(clock);

    public override IDictionary<string, object?> Scratch => _scratch ??= new Dictionary<string, object?>(StringComparer.Ordinal);

    public override IServiceProvider Services => services;

    public override ILogger Logger => _logger ??= new AttemptLogger(logger, LogScope());

    public override TimeProvider Clock => clock;

    public override string TempFolder => _tempFolder ??= makeTempFolder(attempt);

    /// <summary>The folder, if the handler asked for it.</summary>
    public string? MadeTempFolder => _tempFolder;

    /// <summary>What is to be done at the end; null when nothing is.</summary>
    public AttemptCleanups? Cleanups { get; private set; }

    /// <summary>The checkpoint that the attempt began from.</summary>
    public TaskCheckpoint? CurrentCheckpoint { get; set; }

    /// <summary>The batch being processed; null between two.</summary>
    public string? BatchUid { get; set; }

    private BatchEmitter Emitter => _emitter ?? throw new InvalidOperationException("The attempt has not begun yet.");

    private AttemptCleanups MadeCleanups => Cleanups ??= new AttemptCleanups();

    /// <summary>Lets the handler begin.</summary>
    public void Begin(RoleHandler handler, BatchEmitter emitter) => (_handler, _emitter) = (handler, emitter);

    public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(CancellationToken cancellationToken) =>
        attempt.Offer.Parents.Count == 0 ? AsyncEnumerable.Empty<InputBatch>() : ReadAsync(ArtifactRequest.AllParents, cancellationToken);

    public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(string node, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        return attempt.Offer.Parents.Contains(node)
            ? ReadAsync(new ArtifactRequest { Node = node }, cancellationToken)
            : throw new ArgumentException(
                $"'{node}' is not a parent of task '{TaskId}': its parents are [{string.Join(", ", attempt.Offer.Parents)}].", nameof(node));
    }

    public override void ReportProgress(double fraction) => attempt.ReportProgress(fraction);

    public override void AddMetric(string name, double value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!double.IsFinite(value))
        {
            throw new ArgumentException($"Metric '{name}' of task '{TaskId}' is {value}; only finite numbers can be summed.", nameof(value));
        }

        Emitter.Add(name, value);
    }

    public override async ValueTask SaveCheckpointAsync(TaskCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        Check(checkpoint);
        await attempt.WaitForLastReceiptsAsync();
        await attempt.SaveCheckpointAsync(
            new Protocol.Worker.V1.Checkpoint { Version = checkpoint.Version, Json = checkpoint.Json, OutputCount = Emitter.NextIndex }, cancellationToken);
    }

    /// <summary>Refuses a checkpoint that the next attempt would refuse.</summary>
    public void Check(TaskCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        checkpoint.RequireFits();
        if (_handler?.AcceptsCheckpoint(checkpoint) == false)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"The handler of role '{Role}' refuses its own checkpoint (version {checkpoint.Version}) of task '{TaskId}'; the next attempt would, too.");
        }
    }

    public ValueTask<ArtifactReference> UpsertPartialAsync(string batchUid, RecordBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batchUid);
        ArgumentNullException.ThrowIfNull(batch);
        return Emitter.UpsertAsync(batchUid, batch, cancellationToken);
    }

    public async ValueTask<ArtifactReference> UpsertPartialAsync(string batchUid, JsonElement meta, CancellationToken cancellationToken)
    {
        using var batch = JsonRows.Of(meta);
        return await UpsertPartialAsync(batchUid, batch, cancellationToken);
    }

    public override async Task<int> RunProcessAsync(ProcessStartInfo start, Action<string>? onLine, TimeSpan? grace, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, attempt.Stopping);
        stop.Token.ThrowIfCancellationRequested();
        return await ProcessGroup.RunAsync(start, onLine, grace ?? ProcessGroup.DefaultGrace, clock, stop.Token);
    }

    public override void RegisterProcess(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        MadeCleanups.Add(() => ProcessGroup.KillAsync(process));
    }

    public override void DeleteAtEnd(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MadeCleanups.AddPath(Path.GetFullPath(path));
    }

    public override void OnCleanup(Func<ValueTask> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        MadeCleanups.Add(action);
    }

    private List<KeyValuePair<string, object?>> LogScope()
    {
        List<KeyValuePair<string, object?>> scope = [new("TaskId", TaskId.Value), new("Epoch", Epoch), new("WorkerId", workerId.Value), new("Role", Role)];
        if (!TaskId.IsStandalone)
        {
            scope.Add(new("RunId", TaskId.RunId.Value));
            scope.Add(new("NodeId", TaskId.Node));
        }

        return scope;
    }

    public async IAsyncEnumerable<LoadedBatch> ReadArtifactsAsync(
        ArtifactRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = readers.Open(attempt, request);
        try
        {
            await foreach (var loaded in reader.ReadAllAsync(cancellationToken))
            {
                yield return loaded;
            }
        }
        finally
        {
            readers.Close(reader);
        }
    }

    private async IAsyncEnumerable<InputBatch> ReadAsync(
        ArtifactRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var loaded in ReadArtifactsAsync(request, cancellationToken))
        {
            yield return new InputBatch(loaded.Uid, loaded.Batch);
        }
    }

    private JsonElement ParseParams()
    {
        if (attempt.Offer.ParamsJson.Length == 0)
        {
            return default;
        }

        try
        {
            return JsonElement.Parse(attempt.Offer.ParamsJson);
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The parameters of task '{TaskId}' are not JSON: {exception.Message}", exception);
        }
    }
}
