using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Workers;

namespace OrleansFlow.Simulation.Workers;

/// <summary>
/// What a simulated task does, as its parameters say: <c>batches</c> to make of nothing (a task with parents makes one of each input), <c>ms</c>
/// that each may take, <c>fail</c> as the probability that an attempt fails, <c>bad</c> as the probability that it fails for good, <c>checkpoints</c> to go
/// on from what an earlier attempt saved with its batches. Its result names the attempt that made it.
/// </summary>
internal sealed class SimulatedHandler(SimulatedWorld world, SimulatedWorker worker) : RoleHandler
{
    /// <summary>A metric that each batch has once.</summary>
    public const string MadeMetric = "made";

    private bool _savesCheckpoints;
    private int _batchCount;

    public override async ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        world.Watch.OnAttemptBegun(worker.Id, context.TaskId, context.Epoch);
        await WorkAsync(context, cancellationToken);
        _savesCheckpoints = Number(context, "checkpoints", 0) > 0;
        if (_savesCheckpoints && context.Checkpoint is { } checkpoint)
        {
            _batchCount = checkpoint.Read<int>();
            world.Watch.OnResumed(context.TaskId, context.Epoch, _batchCount, context.AcceptedBatchCount);
        }

        if (world.Faults.Chance(Number(context, "bad", 0)))
        {
            throw new FlowException(FlowErrorCode.BadInput, "The simulated attempt fails for good.");
        }

        if (world.Faults.Chance(Number(context, "fail", 0)))
        {
            throw new FlowException(FlowErrorCode.UnexpectedError, "The simulated attempt fails.");
        }
    }

    public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) =>
        context.Parents.Count > 0 ? context.ReadUpstreamAsync(cancellationToken) : MakeAsync(_batchCount, (int)Number(context, "batches", 1), cancellationToken);

    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        await WorkAsync(context, cancellationToken);
        _batchCount++;
        context.ReportProgress(0.5);
        return new BatchOutcome(
            SimulatedArtifactStore.Batch(_batchCount), new Dictionary<string, double> { [MadeMetric] = 1 }, _savesCheckpoints ? TaskCheckpoint.Of(1, _batchCount) : null);
    }

    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken)
    {
        world.Watch.OnAttemptDone(worker.Id, context.TaskId, context.Epoch);
        return ValueTask.FromResult(new FinalizeOutcome(ResultJson: AttemptResult.Format(context.Epoch, worker.Id, _batchCount)));
    }

    private static double Number(RunContext context, string name, double otherwise) =>
        context.Params.ValueKind == JsonValueKind.Object && context.Params.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;

    private static async IAsyncEnumerable<InputBatch> MakeAsync(int first, int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var index = first; index < count; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return new InputBatch($"made/{index}", SimulatedArtifactStore.Batch(1));
        }
    }

    private async Task WorkAsync(RunContext context, CancellationToken cancellationToken)
    {
        var longest = TimeSpan.FromMilliseconds(Number(context, "ms", 20));
        await Task.Delay(world.Faults.Between(TimeSpan.Zero, longest), context.Clock, cancellationToken);
    }
}
