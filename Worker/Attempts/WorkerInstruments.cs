using System.Diagnostics.Metrics;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Metrics of a worker, meter <c>OrleansFlow.Worker</c>. No tag names a run, a task or a worker.</summary>
internal sealed class WorkerInstruments
{
    public const string MeterName = "OrleansFlow.Worker";

    // Made once: a tag list per call would be an allocation per task.
    private static readonly KeyValuePair<string, object?> Completed = new("outcome", "completed");
    private static readonly KeyValuePair<string, object?> Failed = new("outcome", "failed");
    private static readonly KeyValuePair<string, object?> Stopped = new("outcome", "stopped");

    private readonly Counter<long> _attempts;
    private readonly UpDownCounter<int> _running;
    private readonly Counter<long> _batches;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _bytes;

    public WorkerInstruments(IMeterFactory? meters)
    {
#pragma warning disable CA2000 // The meter lives as long as the process when no factory owns it.
        var meter = meters?.Create(MeterName) ?? new Meter(MeterName);
#pragma warning restore CA2000
        _attempts = meter.CreateCounter<long>("orleansflow.worker.attempts", "{attempt}", "Attempts that ended.");
        _running = meter.CreateUpDownCounter<int>("orleansflow.worker.attempts.running", "{attempt}", "Handlers at work, left-behind ones included.");
        _batches = meter.CreateCounter<long>("orleansflow.worker.output.batches", "{batch}", "Output batches written.");
        _rows = meter.CreateCounter<long>("orleansflow.worker.output.rows", "{row}", "Rows of the output batches.");
        _bytes = meter.CreateCounter<long>("orleansflow.worker.output.bytes", "By", "Bytes of the output batches.");
    }

    public void OnBegun() => _running.Add(1);

    public void OnEnded(Outcome outcome)
    {
        _running.Add(-1);
        _attempts.Add(1, outcome.Kind switch
        {
            Outcome.Types.Kind.Completed => Completed,
            Outcome.Types.Kind.Failed => Failed,
            _ => Stopped,
        });
    }

    public void OnBatch(long rows, long bytes)
    {
        _batches.Add(1);
        _rows.Add(rows);
        _bytes.Add(bytes);
    }
}
