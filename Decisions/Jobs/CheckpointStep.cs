using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>One decision of <see cref="CheckpointCoordinator"/> in the making: beginning, gathering, and how a checkpoint ends.</summary>
internal sealed partial class CheckpointStep(CheckpointBook book, CheckpointContext context, DateTimeOffset nowUtc)
{
    private const int NamedMax = 5;

    private readonly ImmutableArray<JobOrder>.Builder _orders = ImmutableArray.CreateBuilder<JobOrder>();
    private CheckpointBook _book = book;
    private CheckpointOutcome _outcome;
    private CheckpointRun? _ended;
    private string _message = "";

    public CheckpointDecision ToDecision() => new(_book, _orders.ToImmutable()) { Outcome = _outcome, Ended = _ended, Message = _message };

    public void Begin()
    {
        // By chance within one interval, so that the jobs of a silo that comes back do not all begin at once.
        var stagger = context.Interval * JobBackoff.Chance(context.Seed, context.Generation);
        _book = _book with { DueUtc = nowUtc + stagger, IsLastWanted = false, IsFinalTaken = false, FailedInARow = 0, Current = null };
        if (_book.Latest is { IsOpen: true } open)
        {
            Replay(open);
        }
    }

    public void TakeLast()
    {
        _book = _book with { IsLastWanted = true };
        Settle();
    }

    public void TakeNow() => _book = _book with { DueUtc = nowUtc };

    public void TakeFinal()
    {
        if (_book is { Current: null, IsFinalTaken: false } && (_book.FailedInARow == 0 || nowUtc >= _book.DueUtc) && context.Plan.OperatorSubtasks.All(_book.Finals.ContainsKey))
        {
            _book = _book with { IsFinalTaken = true };
            Start(thenStop: false, isFinal: true);
        }
    }

    public void Store(CheckpointCommand.Store store)
    {
        if (!context.Plan.Has(store.Subtask))
        {
            Ignore();
            return;
        }

        if (store.NeedsCommit && store.State.CommitData.IsEmpty)
        {
            End(CheckpointOutcome.Fatal, $"Subtask {store.Subtask.Index} of operator '{store.Subtask.OperatorId}' waits for the commit of epoch {store.Epoch}, but stored nothing to commit: after a crash its rows would be lost. The sink has to store what its commit needs.");
            return;
        }

        var stored = new StoredSubtask(store.State, store.NeedsCommit);
        if (store.Epoch == CheckpointCoordinator.AtTheEnd)
        {
            if (_book.Finals.ContainsKey(store.Subtask))
            {
                Ignore();
                return;
            }

            _book = _book with { Finals = _book.Finals.Add(store.Subtask, stored) };
            if (_book.Current is { Phase: CheckpointPhase.Gathering } open && !open.Gathered.ContainsKey(store.Subtask))
            {
                GatherFinal(open, store.Subtask, stored);
            }
        }
        else if (_book.Current is { Phase: CheckpointPhase.Gathering } current && store.Epoch == current.Epoch && !current.Gathered.ContainsKey(store.Subtask))
        {
            Gather(current, store.Subtask, stored);
        }
        else
        {
            Ignore();
        }
    }

    /// <summary>One part is missing for good: there is nothing to wait for.</summary>
    public void Fail(CheckpointCommand.Fail fail)
    {
        if (_book.Current is { Phase: CheckpointPhase.Gathering } current && current.Epoch == fail.Epoch)
        {
            End(CheckpointOutcome.GivenUp, $"subtask {fail.Subtask.Index} of node {fail.Subtask.NodeId} could not store its state: {fail.Reason}");
            Settle();
        }
        else
        {
            Ignore();
        }
    }

    /// <summary>Gives up what is under way; what the store may have kept by now, the next generation asks it.</summary>
    public void Abandon(string reason)
    {
        if (_book.Current is { } current)
        {
            End(CheckpointOutcome.GivenUp, current.Phase == CheckpointPhase.Gathering ? reason : $"{reason}; it was {Doing(current.Phase)}, so the next start asks the store.", isAbandoned: true);
        }

        _book = _book with { DueUtc = null, IsLastWanted = false, Compactions = [], Finals = ImmutableSortedDictionary<OperatorSubtask, StoredSubtask>.Empty };
    }

    public void Reload()
    {
        switch (_book.Current)
        {
            case { Phase: CheckpointPhase.Gathering, ThenStop: false }:
                End(CheckpointOutcome.GivenUp, "its keeper was lost, and with it what subtasks had said");
                Settle();
                break;
            case { Phase: CheckpointPhase.Gathering } last:
                SendBarriers(last);
                break;
            case { Phase: CheckpointPhase.Publishing, Manifest: { } manifest }:
                _orders.Add(new JobOrder.PublishManifest(context.Generation, manifest));
                break;
            case { Phase: CheckpointPhase.Committing } current:
                SendCommits(current);
                break;
            case { Phase: CheckpointPhase.Marking } current:
                _orders.Add(new JobOrder.MarkCommitted(context.Generation, current.Epoch));
                break;
        }
    }

    public void Tick(bool mayStart)
    {
        if (_book.Current is { } current)
        {
            if (nowUtc >= current.DeadlineUtc)
            {
                TimeOut(current);
            }
        }
        else if (mayStart && nowUtc >= _book.DueUtc)
        {
            Start(thenStop: false);
        }
    }

    private void TimeOut(CheckpointRun current)
    {
        switch (current.Phase)
        {
            case CheckpointPhase.Gathering:
                var missing = context.Plan.OperatorSubtasks.Where(subtask => !current.Gathered.ContainsKey(subtask)).Select(subtask => subtask.ToString());
                End(CheckpointOutcome.GivenUp, $"{Names(missing)} did not store their state within {context.Rules.CheckpointTimeout}");
                Settle();
                break;
            case CheckpointPhase.Publishing:
                End(CheckpointOutcome.InDoubt, $"the store did not say within {context.Rules.PublishTimeout} whether it keeps the manifest");
                break;
            default:
                End(CheckpointOutcome.InDoubt, current.Phase == CheckpointPhase.Marking
                    ? $"the store did not note the commits within {context.Rules.CommitTimeout}"
                    : $"{Names(current.Uncommitted.Select(subtask => subtask.ToString()))} did not commit within {context.Rules.CommitTimeout}");
                break;
        }
    }

    private void Start(bool thenStop, bool isFinal = false)
    {
        var run = new CheckpointRun(_book.Epoch + 1, CheckpointPhase.Gathering, nowUtc, nowUtc + context.Rules.CheckpointTimeout)
        {
            ThenStop = thenStop,
            IsFinal = isFinal,
            Gathered = _book.Finals,
        };
        _book = _book with { Epoch = run.Epoch, Current = run, IsLastWanted = _book.IsLastWanted && !thenStop, DueUtc = thenStop ? null : nowUtc + context.Interval };
        if (!isFinal)
        {
            SendBarriers(run);
        }

        PublishIfAllAreThere(run);
    }

    private void SendBarriers(CheckpointRun run)
    {
        foreach (var worker in context.Assignment.Workers)
        {
            _orders.Add(new JobOrder.Checkpoint(context.Generation, worker.Id, run.Epoch, _book.MinEpoch, run.StartedUtc, run.ThenStop));
        }
    }

    /// <summary>
    /// The state of the end stands in for that of the barrier. Not where another operator of the same subtask has stored what it held at the barrier: of the rows in
    /// between the one would know, and the other not.
    /// </summary>
    private void GatherFinal(CheckpointRun run, OperatorSubtask subtask, StoredSubtask stored)
    {
        var beside = context.Plan.NodeOf(subtask.OperatorId)!.Operators.Select(id => new OperatorSubtask(id, subtask.Index));
        if (beside.Any(other => run.Gathered.TryGetValue(other, out var there) && !(_book.Finals.TryGetValue(other, out var final) && ReferenceEquals(there, final))))
        {
            End(CheckpointOutcome.GivenUp, $"{subtask} ended without the state of its barrier, which others of its subtask have stored");
            Settle();
            return;
        }

        Gather(run, subtask, stored);
    }

    private void Gather(CheckpointRun run, OperatorSubtask subtask, StoredSubtask stored)
    {
        run = run with { Gathered = run.Gathered.Add(subtask, stored) };
        _book = _book with { Current = run };
        PublishIfAllAreThere(run);
    }

    /// <summary>A last one that is wanted begins as soon as none is under way.</summary>
    private void Settle()
    {
        if (_book is { IsLastWanted: true, Current: null })
        {
            Start(thenStop: true);
        }
    }

    private void End(CheckpointOutcome outcome, string message, bool isAbandoned = false)
    {
        (_outcome, _ended, _message) = (outcome, _book.Current, message);
        var failures = outcome == CheckpointOutcome.Completed ? 0 : _book.FailedInARow + 1;
        var due = _book.DueUtc;
        if (outcome == CheckpointOutcome.GivenUp && due is not null)
        {
            // At once, but not in a tight loop when a store refuses each one.
            var wait = JobBackoff.Wait(failures - 1, JobBackoff.Chance(context.Seed, _book.Epoch), context.Rules);
            due = nowUtc + (wait < context.Interval ? wait : context.Interval);
        }

        if (outcome == CheckpointOutcome.GivenUp && _ended is { } run && !isAbandoned)
        {
            foreach (var worker in context.Assignment.Workers)
            {
                _orders.Add(new JobOrder.GiveUp(context.Generation, worker.Id, run.Epoch));
            }
        }

        _book = _book with { Current = null, FailedInARow = failures, DueUtc = due, IsFinalTaken = _book.IsFinalTaken && (outcome == CheckpointOutcome.Completed || _ended is not { IsFinal: true }) };
        if (outcome != CheckpointOutcome.Completed)
        {
            var epoch = _ended?.Epoch ?? 0;
            _orders.Add(new JobOrder.Tell(JobNews.CheckpointFailed, epoch, $"Checkpoint {epoch} was not completed: {message}"));
        }
    }

    private void Ignore() => _book = _book with { IgnoredCount = _book.IgnoredCount + 1 };

    private static string Doing(CheckpointPhase phase) => phase == CheckpointPhase.Publishing ? "being stored" : "being committed";

    private static string Names(IEnumerable<string> names)
    {
        var all = names.ToList();
        return $"{all.Count} subtasks ({string.Join(", ", all.Take(NamedMax))}{(all.Count > NamedMax ? ", ..." : "")})";
    }
}
