using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>Yields <c>batches</c> batches of <c>rows</c> numbers; task t of batch b begins at (t * batches + b) * rows.</summary>
internal sealed class NumbersHandler : RoleHandler
{
    public static readonly ArrowSchema Schema = new(new ArrowField("n", ArrowType.Int64, isNullable: false));

    public static RecordBatch Batch(long first, int rows)
    {
        using var builder = new RecordBatchBuilder(Schema);
        for (var value = first; value < first + rows; value++)
        {
            builder.AppendRow(value);
        }

        return builder.Build();
    }

    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        for (var index = 0; index < context.Params.GetProperty("batches").GetInt32(); index++)
        {
            yield return new InputBatch($"b{index}", Payload: index);
        }
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var (batches, rows) = (context.Params.GetProperty("batches").GetInt32(), context.Params.GetProperty("rows").GetInt32());
        var first = ((long)context.TaskId.Index * batches + (int)batch.Payload!) * rows;
        return ValueTask.FromResult(new BatchOutcome(Batch(first, rows)));
    }
}

/// <summary>Adds up every number of its parents.</summary>
internal sealed class SumHandler : RoleHandler
{
    private long _sum;

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        foreach (var value in batch.Batch!.Column<Int64Array>("n").Values)
        {
            _sum += value;
        }

        return ValueTask.FromResult(BatchOutcome.None);
    }

    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new FinalizeOutcome([NumbersHandler.Batch(_sum, 1)], ResultJson: JsonSerializer.Serialize(_sum)));
}

/// <summary>Fails for good.</summary>
internal sealed class FailHandler : RoleHandler
{
    public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) =>
        throw new FlowException(FlowErrorCode.BadInput, "This handler always fails.");

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(BatchOutcome.None);
}

/// <summary>Runs until it is stopped.</summary>
internal sealed class WaitHandler : RoleHandler
{
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        await stopped.Task;
        cancellationToken.ThrowIfCancellationRequested();
        yield break;
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(BatchOutcome.None);
}

/// <summary>Gives its payload back as its result.</summary>
internal sealed class EchoHandler : RoleHandler
{
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(BatchOutcome.None);

    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new FinalizeOutcome(ResultJson: context.Params.GetRawText()));
}

/// <summary>An input adapter of a user's own: the numbers below <c>to</c>, one batch each.</summary>
internal sealed class RangeAdapter : InputAdapter
{
    public override async IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        for (var number = call.Position is { } last ? long.Parse(last, CultureInfo.InvariantCulture) : 0; number < call.WholeNumber("to"); number++)
        {
            yield return new InputBatch($"n{number}", NumbersHandler.Batch(number, 1)) { Position = (number + 1).ToString(CultureInfo.InvariantCulture) };
        }
    }
}
