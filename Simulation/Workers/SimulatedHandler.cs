using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Workers;

namespace OrleansFlow.Simulation.Workers;

/// <summary>
/// What a simulated task does, as its parameters say: <c>batches</c> to make of nothing (a task with parents makes one of each input), <c>ms</c>
/// that each may take, <c>fail</c> as the probability that an attempt fails. Its result names the attempt that made it.
/// </summary>
internal sealed class SimulatedHandler(SimulatedWorld world, SimulatedWorker worker) : RoleHandler
{
    private int _batchCount;

    public override async ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        world.Watch.OnAttemptBegun(worker.Id, context.TaskId, context.Epoch);
        await WorkAsync(context, cancellationToken);
        if (world.Faults.Chance(Number(context, "fail", 0)))
        {
            throw new FlowException(FlowErrorCode.UnexpectedError, "The simulated attempt fails.");
        }
    }

    public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) =>
        context.Parents.Count > 0 ? context.ReadUpstreamAsync(cancellationToken) : MakeAsync((int)Number(context, "batches", 1), cancellationToken);

    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        await WorkAsync(context, cancellationToken);
        _batchCount++;
        context.ReportProgress(0.5);
        return new BatchOutcome(SimulatedArtifactStore.Batch(_batchCount));
    }

    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken)
    {
        world.Watch.OnAttemptDone(worker.Id, context.TaskId, context.Epoch);
        return ValueTask.FromResult(new FinalizeOutcome(ResultJson: AttemptResult.Format(context.Epoch, worker.Id, _batchCount)));
    }

    private static double Number(RunContext context, string name, double otherwise) =>
        context.Params.ValueKind == JsonValueKind.Object && context.Params.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;

    private static async IAsyncEnumerable<InputBatch> MakeAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var index = 0; index < count; index++)
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
