using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Workers;

namespace OrleansFlow.Testing;

/// <summary>Emits the batches that a test gave as a handler's input.</summary>
internal sealed class SourceHandler(TestInputs inputs) : RoleHandler
{
    public const string Role = "orleansflow.testing.source";

    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var uid = 0;
        foreach (var batch in inputs.Of(context.TaskId.RunId.Value))
        {
            yield return new InputBatch($"{uid++}", batch.Retain());
        }
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new BatchOutcome(batch.Batch!.Retain()));
}

/// <summary>The inputs of each run.</summary>
internal sealed class TestInputs
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IReadOnlyList<RecordBatch>> _byRun = [];

    public void Add(string run, IReadOnlyList<RecordBatch> batches)
    {
        lock (_gate)
        {
            _byRun.Add(run, batches);
        }
    }

    public IReadOnlyList<RecordBatch> Of(string run)
    {
        lock (_gate)
        {
            return _byRun[run];
        }
    }
}
