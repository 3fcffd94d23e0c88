using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Functions;

namespace OrleansFlow.Tests.Streaming.Functions;

/// <summary>A process function that is a pair of methods over rows of one number as the key.</summary>
internal sealed class LambdaFunction(Action<ProcessContext, long> onRow, Action<ProcessContext, TimerKind, long>? onTimer = null, bool usesClock = false) : ProcessFunction
{
    public override bool UsesClock => usesClock;

    public override void ProcessRow(ProcessContext context, RecordBatch rows, int row) => onRow(context, rows.Column<Int64Array>(0).Values[row]);

    public override void OnTimer(ProcessContext context, TimerKind kind, long timeMicros) => onTimer?.Invoke(context, kind, timeMicros);
}
