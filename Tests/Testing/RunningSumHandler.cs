using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Testing;

#region handler
/// <summary>Adds up the numbers it is given and emits, for each input batch, the sum so far; goes on from its checkpoint.</summary>
[RoleHandler("running-sum")]
internal sealed class RunningSumHandler : RoleHandler
{
    private State _state = new(0, 0);

    public override bool AcceptsCheckpoint(TaskCheckpoint checkpoint) => checkpoint.Version == 1;

    public override ValueTask InitAsync(RunContext context, CancellationToken cancellationToken)
    {
        _state = context.Checkpoint?.Read<State>() ?? _state;
        return ValueTask.CompletedTask;
    }

    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var position = 0;
        await foreach (var input in context.ReadUpstreamAsync(cancellationToken))
        {
            if (position++ < _state.BatchCount)
            {
                // Its sum is in the checkpoint.
                input.Batch?.Dispose();
                continue;
            }

            yield return input;
        }
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var sum = _state.Sum;
        foreach (var value in batch.Batch!.Column<Int64Array>(0).Values)
        {
            sum += value;
        }

        _state = new State(_state.BatchCount + 1, sum);
        return ValueTask.FromResult(new BatchOutcome(Numbers.Batch(sum), Checkpoint: TaskCheckpoint.Of(1, _state)));
    }

    private sealed record State(int BatchCount, long Sum);
}
#endregion

internal static class Numbers
{
    private static readonly ArrowSchema Schema = new([new ArrowField("n", ArrowType.Int64, false)]);

    public static RecordBatch Batch(params long[] values)
    {
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var value in values)
        {
            builder.AppendRow(value);
        }

        return builder.Build();
    }

    public static IEnumerable<long> Of(IEnumerable<RecordBatch> batches) => batches.SelectMany(batch => batch.Column<Int64Array>(0).Values.ToArray());
}
