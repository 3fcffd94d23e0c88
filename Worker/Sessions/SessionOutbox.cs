using System.Threading.Channels;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Sessions;

/// <summary>
/// What waits for the stream to be free. Whatever has gathered by then leaves grouped, so a busy session sends few large messages and a
/// lone effect leaves at once. Bounded by its sources: the reports of a window, one checkpoint and one outcome per attempt, two controls per reader.
/// </summary>
internal sealed class SessionOutbox
{
    // A group stays far below the largest message that the gateway takes (4 MiB is gRPC's usual limit).
    private const int GroupCountMax = 512;
    private const int GroupBytesMax = 1024 * 1024;

    // What an effect weighs beside its free texts: ids, numbers, framing. An estimate is enough for a limit.
    private const int EffectBytes = 256;

    private readonly Lock _gate = new();
    private readonly Queue<WorkerMessage> _controls = new();
    private readonly Queue<BatchReport> _reports = new();
    private readonly Queue<CheckpointReport> _checkpoints = new();
    private readonly Queue<Outcome> _outcomes = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Adds a message that is lost with the stream.</summary>
    public void AddControl(WorkerMessage message)
    {
        lock (_gate)
        {
            _controls.Enqueue(message);
        }

        Wake();
    }

    /// <summary>Adds an effect, which its attempt keeps until the receipt.</summary>
    public void Add(BatchReport report)
    {
        lock (_gate)
        {
            _reports.Enqueue(report);
        }

        Wake();
    }

    /// <summary>Adds an effect, which its attempt keeps until the receipt.</summary>
    public void Add(CheckpointReport checkpoint)
    {
        lock (_gate)
        {
            _checkpoints.Enqueue(checkpoint);
        }

        Wake();
    }

    /// <summary>Adds an effect, which its attempt keeps until the receipt.</summary>
    public void Add(Outcome outcome)
    {
        lock (_gate)
        {
            _outcomes.Enqueue(outcome);
        }

        Wake();
    }

    /// <summary>Forgets everything: the stream it was meant for is gone, and the attempts add again what still counts.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _controls.Clear();
            _reports.Clear();
            _checkpoints.Clear();
            _outcomes.Clear();
        }
    }

    /// <summary>Lets the sender look even though nothing was added.</summary>
    public void Wake() => _signal.Writer.TryWrite(true);

    /// <summary>Waits until something may have been added.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _signal.Reader.ReadAsync(cancellationToken);

    /// <summary>The next message to send; null when nothing waits.</summary>
    public WorkerMessage? TryTake()
    {
        lock (_gate)
        {
            if (_controls.TryDequeue(out var control))
            {
                return control;
            }

            if (_reports.Count > 0)
            {
                var reports = new BatchReports();
                for (var bytes = 0; reports.Reports.Count < GroupCountMax && bytes < GroupBytesMax && _reports.TryDequeue(out var report);)
                {
                    reports.Reports.Add(report);
                    bytes += EffectBytes + (32 * report.Metrics.Count) + ((report.Checkpoint?.Json.Length ?? 0) * 3);
                }

                return new WorkerMessage { Batches = reports };
            }

            if (_checkpoints.Count > 0)
            {
                var checkpoints = new Checkpoints();
                for (var bytes = 0; bytes < GroupBytesMax && _checkpoints.TryDequeue(out var checkpoint);)
                {
                    checkpoints.Reports.Add(checkpoint);
                    bytes += EffectBytes + (checkpoint.Checkpoint.Json.Length * 3);
                }

                return new WorkerMessage { Checkpoints = checkpoints };
            }

            if (_outcomes.Count > 0)
            {
                var outcomes = new Outcomes();
                for (var bytes = 0; outcomes.Outcomes_.Count < GroupCountMax && bytes < GroupBytesMax && _outcomes.TryDequeue(out var outcome);)
                {
                    outcomes.Outcomes_.Add(outcome);
                    bytes += EffectBytes + (32 * outcome.Metrics.Count) + (outcome.ResultJson.Length * 3) + (outcome.Message.Length * 3);
                }

                return new WorkerMessage { Outcomes = outcomes };
            }

            return null;
        }
    }
}
