using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Cluster;

/// <summary>Holds tasks back by their index, so that a test knows what is under way when it kills something.</summary>
internal sealed class Floodgate
{
    private readonly TaskCompletionSource[] _stages =
        [.. Enumerable.Range(0, 8).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];

    /// <summary>Lets the tasks of a stage go on.</summary>
    public void Open(int stage) => _stages[stage].TrySetResult();

    public Task WhenOpenAsync(int stage, CancellationToken cancellationToken) => _stages[stage].Task.WaitAsync(cancellationToken);
}

/// <summary>
/// Makes <see cref="BatchCount"/> batches of <see cref="RowCount"/> numbers; all tasks together count from 0 without a gap. After its first
/// batch a task waits for its stage, which is its index divided by <see cref="TasksPerStage"/>.
/// </summary>
internal sealed class PiecesHandler(Floodgate gate) : RoleHandler
{
    public const int BatchCount = 4;
    public const int RowCount = 10;
    public const int TasksPerStage = 10;

    public static readonly ArrowSchema Schema = new(new ArrowField("n", ArrowType.Int64, isNullable: false));

    public static RecordBatch Numbers(long first, int count)
    {
        using var builder = new RecordBatchBuilder(Schema);
        for (var number = first; number < first + count; number++)
        {
            builder.AppendRow(number);
        }

        return builder.Build();
    }

    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var index = 0; index < BatchCount; index++)
        {
            if (index == 1)
            {
                await gate.WhenOpenAsync(context.TaskId.Index / TasksPerStage, cancellationToken);
            }

            yield return new InputBatch($"b{index}", Payload: index);
        }
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var piece = (context.TaskId.Index * BatchCount) + (int)batch.Payload!;
        return ValueTask.FromResult(new BatchOutcome(Numbers((long)piece * RowCount, RowCount), new Dictionary<string, double> { ["pieces"] = 1 }));
    }
}

/// <summary>Adds up every number of its parents.</summary>
internal sealed class TotalHandler : RoleHandler
{
    private long _total;

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        foreach (var number in batch.Batch!.Column<Int64Array>("n").Values)
        {
            _total += number;
        }

        return ValueTask.FromResult(BatchOutcome.None);
    }

    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new FinalizeOutcome(ResultJson: JsonSerializer.Serialize(_total)));
}
