using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Testing;

/// <summary>The context that a handler under test sees: the product's own, which lets go of the clock where it waits for the cluster.</summary>
internal sealed class HandlerContext(RunContext inner, HandlerHold hold) : RunContext, IArtifactWriter
{
    public override TaskId TaskId => inner.TaskId;

    public override int TaskCount => inner.TaskCount;

    public override long Epoch => inner.Epoch;

    public override int Attempt => inner.Attempt;

    public override WorkerId WorkerId => inner.WorkerId;

    public override string Role => inner.Role;

    public override JsonElement Params => inner.Params;

    public override IReadOnlyDictionary<string, string> Files => inner.Files;

    public override IReadOnlyList<string> Parents => inner.Parents;

    public override IReadOnlyList<UpstreamFailure> Failures => inner.Failures;

    public override int AcceptedBatchCount => inner.AcceptedBatchCount;

    public override TaskCheckpoint? Checkpoint => inner.Checkpoint;

    public override RunTotals Totals => inner.Totals;

    public override string IdempotencyKey => inner.IdempotencyKey;

    public override IArtifactWriter Artifacts => this;

    public override CancellationToken Stopping => inner.Stopping;

    public override string? StopReason => inner.StopReason;

    public override TimeSpan? Remaining => inner.Remaining;

    public override IDictionary<string, object?> Scratch => inner.Scratch;

    public override IServiceProvider Services => inner.Services;

    public override ILogger Logger => inner.Logger;

    public override TimeProvider Clock => inner.Clock;

    public override string TempFolder => inner.TempFolder;

    public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(CancellationToken cancellationToken) =>
        ReadAsync(inner.ReadUpstreamAsync(cancellationToken), cancellationToken);

    public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(string node, CancellationToken cancellationToken) =>
        ReadAsync(inner.ReadUpstreamAsync(node, cancellationToken), cancellationToken);

    public override void ReportProgress(double fraction) => inner.ReportProgress(fraction);

    public override void AddMetric(string name, double value) => inner.AddMetric(name, value);

    public override async ValueTask SaveCheckpointAsync(TaskCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        using var _ = hold.Wait();
        await inner.SaveCheckpointAsync(checkpoint, cancellationToken);
    }

    public override Task<int> RunProcessAsync(ProcessStartInfo start, Action<string>? onLine, TimeSpan? grace, CancellationToken cancellationToken) =>
        inner.RunProcessAsync(start, onLine, grace, cancellationToken);

    public override void RegisterProcess(Process process) => inner.RegisterProcess(process);

    public override void DeleteAtEnd(string path) => inner.DeleteAtEnd(path);

    public override void OnCleanup(Func<ValueTask> action) => inner.OnCleanup(action);

    public async ValueTask<ArtifactReference> UpsertPartialAsync(string batchUid, RecordBatch batch, CancellationToken cancellationToken)
    {
        using var _ = hold.Wait();
        return await inner.Artifacts.UpsertPartialAsync(batchUid, batch, cancellationToken);
    }

    public async ValueTask<ArtifactReference> UpsertPartialAsync(string batchUid, JsonElement meta, CancellationToken cancellationToken)
    {
        using var _ = hold.Wait();
        return await inner.Artifacts.UpsertPartialAsync(batchUid, meta, cancellationToken);
    }

    private async IAsyncEnumerable<InputBatch> ReadAsync(IAsyncEnumerable<InputBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reading = batches.GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(reading))
        {
            yield return reading.Current;
        }
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<InputBatch> reading)
    {
        using var _ = hold.Wait();
        return await reading.MoveNextAsync();
    }
}
