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
    private readonly Queue<(Outcome Outcome, bool IsKept)> _outcomes = new();
    private volatile bool _isSending;
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Keeps effects for the next process; null for a worker that has no outbox on disk.</summary>
    public EffectJournal? Journal { get; set; }

    /// <summary>Adds a message that is lost with the stream.</summary>
    public void AddControl(WorkerMessage message)
    {
        lock (_gate)
        {
            _controls.Enqueue(message);
        }

        Wake();
    }

    /// <summary>A stream takes what is added, or none does: then an effect is kept at once, however cheap it was.</summary>
    public void SetSending(bool isSending)
    {
        _isSending = isSending;
        if (isSending || Journal is null)
        {
            return;
        }

        lock (_gate)
        {
            for (var count = _outcomes.Count; count > 0; count--)
            {
                var (outcome, isKept) = _outcomes.Dequeue();
                Keep(outcome, isKept);
                _outcomes.Enqueue((outcome, true));
            }
        }
    }

    /// <summary>Adds an effect, which its attempt keeps until the receipt. Kept before it may leave: its batch is written already.</summary>
    public void Add(BatchReport report, bool isRepeated = false)
    {
        if (Journal is { } journal && !isRepeated)
        {
            journal.Write(new WorkerMessage { Batches = new BatchReports { Reports = { report } } });
        }

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
    /// <param name="outcome">The end of an attempt.</param>
    /// <param name="isDear">True: kept at once. False: with the others of its group, when they leave; a crash before that repeats a short attempt.</param>
    /// <param name="isRepeated">It was kept before.</param>
    public void Add(Outcome outcome, bool isDear = true, bool isRepeated = false)
    {
        var isKept = Journal is null || isRepeated;
        if (!isKept && (isDear || !_isSending))
        {
            Keep(outcome, isKept);
            isKept = true;
        }

        lock (_gate)
        {
            _outcomes.Enqueue((outcome, isKept));
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
                Outcomes? kept = null;
                for (var bytes = 0; outcomes.Outcomes_.Count < GroupCountMax && bytes < GroupBytesMax && _outcomes.TryDequeue(out var waiting);)
                {
                    var outcome = waiting.Outcome;
                    outcomes.Outcomes_.Add(outcome);
                    if (!waiting.IsKept)
                    {
                        (kept ??= new Outcomes()).Outcomes_.Add(outcome);
                    }

                    bytes += EffectBytes + (32 * outcome.Metrics.Count) + (outcome.ResultJson.Length * 3) + (outcome.Message.Length * 3);
                }

                if (kept is not null)
                {
                    Journal?.Write(new WorkerMessage { Outcomes = kept });
                }

                return new WorkerMessage { Outcomes = outcomes };
            }

            return null;
        }
    }

    private void Keep(Outcome outcome, bool isKept)
    {
        if (!isKept)
        {
            Journal?.Write(new WorkerMessage { Outcomes = new Outcomes { Outcomes_ = { outcome } } });
        }
    }
}
