using System.Runtime.CompilerServices;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>Emits what <see cref="NumbersHandler"/> does, the last batch only when a reader has begun: a run that does not stream never ends.</summary>
internal sealed class StreamedNumbersHandler(StreamedNumbersHandler.Readers readers) : RoleHandler
{
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = context.Params.GetProperty("batches").GetInt32();
        for (var index = 0; index < count; index++)
        {
            if (index == count - 1)
            {
                await readers.Begun.WaitAsync(cancellationToken);
            }

            yield return new InputBatch($"b{index}", Payload: index);
        }
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var (batches, rows) = (context.Params.GetProperty("batches").GetInt32(), context.Params.GetProperty("rows").GetInt32());
        return ValueTask.FromResult(new BatchOutcome(NumbersHandler.Batch((((long)context.TaskId.Index * batches) + (int)batch.Payload!) * rows, rows)));
    }

    /// <summary>What the makers wait for.</summary>
    /// <param name="Begun">Ends when a reader has had its first batch.</param>
    internal sealed record Readers(Task Begun);
}
