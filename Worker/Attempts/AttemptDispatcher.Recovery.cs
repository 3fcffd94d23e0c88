using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Attempts;

/// <summary>What the process before this one left in the outbox.</summary>
internal sealed partial class AttemptDispatcher
{
    /// <summary>Heartbeats for which the reports of attempts that had not ended are waited with for their leases to be offered again.</summary>
    private const int AdoptionBeatsMax = 3;

    /// <summary>
    /// Most ended attempts that are taken up; a gateway takes twice as many leases from a worker. Far more than can be unanswered at a time, and a
    /// busy process leaves many more that were answered.
    /// </summary>
    private const int RecoveredMax = 10_000;

    private readonly Dictionary<(string TaskId, long Epoch), SortedDictionary<int, BatchReport>> _unfinished = [];
    private int _beats;

    /// <summary>
    /// Takes what was left: attempts that had ended are presented as held and their ends sent; reports of the others leave when their leases are
    /// offered to this process.
    /// </summary>
    /// <returns>How many attempts were found.</returns>
    public int Recover(IEnumerable<WorkerMessage> left)
    {
        var ends = new Dictionary<(string, long), Outcome>();
        lock (_gate)
        {
            foreach (var message in left)
            {
                foreach (var report in message.Batches?.Reports ?? [])
                {
                    var key = (report.Lease.TaskId, report.Lease.Epoch);
                    if (!_unfinished.TryGetValue(key, out var reports))
                    {
                        _unfinished.Add(key, reports = []);
                    }

                    reports[report.Index] = report;
                }

                foreach (var outcome in message.Outcomes?.Outcomes_ ?? [])
                {
                    ends[(outcome.Lease.TaskId, outcome.Lease.Epoch)] = outcome;
                }
            }

            // Kept in the order in which they ended, so the first ones are those that have their answers.
            var answered = Math.Max(0, ends.Count - RecoveredMax);
            foreach (var (key, _) in ends.Take(answered))
            {
                _unfinished.Remove(key);
            }

            foreach (var (key, outcome) in ends.Skip(answered))
            {
                _unfinished.Remove(key, out var reports);
                _attempts[key] = TaskAttempt.OfEnded(outcome, reports?.Values ?? Enumerable.Empty<BatchReport>(), _outbox, _options.ReportWindow, _clock.GetTimestamp());
            }

            return ends.Count - answered + _unfinished.Count;
        }
    }

    /// <summary>Forgets reports of attempts that had not ended: their leases will not be offered again.</summary>
    public void ForgetUnfinished()
    {
        lock (_gate)
        {
            _unfinished.Clear();
        }
    }

    /// <summary>Lets the outbox on disk forget what was answered. Called at each heartbeat.</summary>
    public void CompactOutbox()
    {
        if (_outbox.Journal is not { } journal)
        {
            return;
        }

        bool isIdle;
        lock (_gate)
        {
            if (_unfinished.Count > 0 && ++_beats > AdoptionBeatsMax)
            {
                // Their leases went to others.
                _unfinished.Clear();
            }

            isIdle = _attempts.Count == 0 && _unfinished.Count == 0;
        }

        journal.Compact(isIdle, Pending);
    }

    /// <summary>The same for an outbox that has grown, whenever something was sent: between two heartbeats a busy worker does much.</summary>
    public void CompactGrownOutbox() => _outbox.Journal?.Compact(isIdle: false, Pending);

    private List<WorkerMessage> Pending()
    {
        List<WorkerMessage> pending = [];
        foreach (var attempt in Snapshot())
        {
            attempt.AddPending(pending);
        }

        lock (_gate)
        {
            pending.AddRange(_unfinished.Values.Select(reports => new WorkerMessage { Batches = new BatchReports { Reports = { reports.Values } } }));
        }

        return pending;
    }

    /// <summary>An attempt of an offered lease, which begins behind what the process before this one had done under the same lease.</summary>
    private TaskAttempt MakeAttempt(Offer offer, Tasks.LeaseToken token, long now)
    {
        SortedDictionary<int, BatchReport>? left = null;
        if (_unfinished.Count > 0)
        {
            lock (_gate)
            {
                _unfinished.Remove((offer.Lease.TaskId, offer.Lease.Epoch), out left);
            }
        }

        if (left is null)
        {
            return new TaskAttempt(offer, token, _outbox, _options.ReportWindow, now);
        }

        var attempt = new TaskAttempt(TaskAttempt.Advance(offer, left, out var taken), token, _outbox, _options.ReportWindow, now);
        attempt.TakeUp(taken);
        return attempt;
    }
}
