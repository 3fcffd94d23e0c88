using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Attempts;

/// <summary>What an earlier process of the same worker did and could not send.</summary>
internal sealed partial class TaskAttempt
{
    /// <summary>Reports of an earlier process are on their way; the work goes on behind them.</summary>
    public bool HasTakenUp { get; private set; }

    /// <summary>An attempt that had ended: nothing of it runs, its end awaits the receipt.</summary>
    public static TaskAttempt OfEnded(Outcome outcome, IEnumerable<BatchReport> reports, SessionOutbox outbox, int window, long now) =>
        new(new Offer { Lease = outcome.Lease }, new LeaseToken(TaskId.Parse(outcome.Lease.TaskId), outcome.Lease.Epoch), outbox, window, now)
        {
            Outcome = outcome, Phase = AttemptPhase.Ended, _reports = [.. reports],
        };

    /// <summary>An offer as it is once the reports that an earlier process could not send are accepted.</summary>
    /// <param name="offer">As the gateway sent it; stays as it is.</param>
    /// <param name="left">The reports, by number.</param>
    /// <param name="taken">Those that come right behind what was accepted.</param>
    public static Offer Advance(Offer offer, SortedDictionary<int, BatchReport> left, out List<BatchReport> taken)
    {
        taken = [];
        var advanced = offer.Clone();
        while (left.TryGetValue(advanced.AcceptedBatches, out var report))
        {
            taken.Add(report);
            advanced.Totals ??= new Totals();
            advanced.Totals.Rows += report.Rows;
            foreach (var (name, value) in report.Metrics)
            {
                advanced.Totals.Metrics[name] = (advanced.Totals.Metrics.TryGetValue(name, out var sum) ? sum : 0) + value;
            }

            if (report.Uid.Length > 0)
            {
                advanced.AcceptedUids.Add(new AcceptedUid { Index = report.Index, Uid = report.Uid });
            }

            advanced.InputPosition = report.InputPosition.Length > 0 ? report.InputPosition : advanced.InputPosition;
            if (report.Checkpoint is { } checkpoint)
            {
                (advanced.Checkpoint, advanced.CheckpointInputPosition) = (checkpoint, report.InputPosition);
            }

            advanced.AcceptedBatches++;
        }

        return advanced;
    }

    /// <summary>Sends reports of an earlier process, before anything of this one.</summary>
    public void TakeUp(List<BatchReport> reports)
    {
        if (reports.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            HasTakenUp = true;
            _reports = reports;
            foreach (var report in reports)
            {
                _outbox.Add(report, isRepeated: true);
            }
        }
    }

    /// <summary>What has no receipt.</summary>
    public void AddPending(List<WorkerMessage> into)
    {
        lock (_gate)
        {
            if (_reports is { Count: > 0 } reports)
            {
                into.Add(new WorkerMessage { Batches = new BatchReports { Reports = { reports } } });
            }

            if (Outcome is { } outcome)
            {
                into.Add(new WorkerMessage { Outcomes = new Outcomes { Outcomes_ = { outcome } } });
            }
        }
    }
}
