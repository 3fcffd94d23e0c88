using System.Collections.Concurrent;
using OrleansFlow.Arrow;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Scripting;

/// <summary>What the handlers of a test do, and the calls that they got.</summary>
internal sealed class HandlerScript
{
    public ConcurrentQueue<string> Calls { get; } = new();

    public bool Resumes { get; set; }

    public Func<RunContext, CancellationToken, ValueTask>? Init { get; set; }

    public Func<RunContext, CancellationToken, ValueTask>? Load { get; set; }

    public Func<RunContext, InputProposal?>? Propose { get; set; }

    public Func<RunContext, CancellationToken, IAsyncEnumerable<InputBatch>>? Read { get; set; }

    public Func<RunContext, InputBatch, CancellationToken, ValueTask<BatchOutcome>>? Process { get; set; }

    public Func<RunContext, CancellationToken, ValueTask<FinalizeOutcome>>? Finish { get; set; }

    public Func<RunContext, ValueTask>? Cleanup { get; set; }

    public Func<Exception, ErrorClass>? Classify { get; set; }

    public Func<TaskCheckpoint, bool>? Accepts { get; set; }

    /// <summary>A batch with one int64 column <c>n</c>.</summary>
    public static RecordBatch Numbers(params long[] values)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema([new ArrowField("n", ArrowType.Int64, false)]));
        foreach (var value in values)
        {
            builder.AppendRow(value);
        }

        return builder.Build();
    }

    /// <summary>Inputs without rows, named 0, 1, 2...</summary>
    public static async IAsyncEnumerable<InputBatch> Inputs(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return new InputBatch(i.ToString(System.Globalization.CultureInfo.InvariantCulture), Payload: (long)i);
        }
    }
}
