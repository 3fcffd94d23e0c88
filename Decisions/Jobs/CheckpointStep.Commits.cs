using System.Collections.Immutable;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>From the manifest on: it is kept, sinks commit, old checkpoints go, small files are put together.</summary>
internal sealed partial class CheckpointStep
{
    public void Published(CheckpointCommand.Publish publish)
    {
        if (_book.Current is not { Phase: CheckpointPhase.Publishing, Manifest: { } manifest } run || run.Epoch != publish.Epoch)
        {
            Ignore();
            return;
        }

        switch (publish.Outcome)
        {
            case PublishOutcome.Kept:
                Keep(run, manifest, publish.Manifest);
                break;
            case PublishOutcome.Refused:
                End(CheckpointOutcome.GivenUp, $"the store did not keep it: {publish.Message}");
                Settle();
                break;
            default:
                End(CheckpointOutcome.InDoubt, publish.Message);
                break;
        }
    }

    public void Committed(CheckpointCommand.Commit commit)
    {
        if (_book.Current is not { Phase: CheckpointPhase.Committing } run || run.Epoch != commit.Epoch || !run.Uncommitted.Contains(commit.Subtask))
        {
            Ignore();
            return;
        }

        run = run with { Uncommitted = run.Uncommitted.Remove(commit.Subtask) };
        if (run.Uncommitted.IsEmpty)
        {
            run = run with { Phase = CheckpointPhase.Marking };
            _orders.Add(new JobOrder.MarkCommitted(context.Generation, run.Epoch));
        }

        _book = _book with { Current = run };
    }

    public void Marked(long epoch)
    {
        if (_book.Current is not { Phase: CheckpointPhase.Marking } run || run.Epoch != epoch)
        {
            Ignore();
            return;
        }

        // What a subtask staged at its own end is committed now, and must not be again with every later checkpoint.
        var finals = _book.Finals;
        foreach (var (subtask, stored) in run.Gathered.Where(one => one.Value.NeedsCommit && finals.TryGetValue(one.Key, out var final) && final == one.Value))
        {
            var state = stored.State.Clone();
            state.CommitData = Google.Protobuf.ByteString.Empty;
            finals = finals.SetItem(subtask, new StoredSubtask(state, NeedsCommit: false));
        }

        _book = _book with { Latest = _book.Latest! with { IsCommitted = true, Commits = [] }, Finals = finals };
        Complete(run);
    }

    public void Compacted(CheckpointCommand.Compact compact)
    {
        var names = compact.Tables.Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        var asked = _book.Compactions.Where(ask => ask.OperatorId == compact.OperatorId).ToList();
        if (asked.Count == 0 || context.Plan.NodeOf(compact.OperatorId) is not { } node)
        {
            Ignore();
            return;
        }

        _book = _book with { Compactions = [.. _book.Compactions.Where(ask => ask.OperatorId != compact.OperatorId || (names.Count > 0 && !names.Contains(ask.Table)))] };
        if (names.Count > 0)
        {
            foreach (var worker in context.Assignment.Placements.Where(one => one.Subtask.NodeId == node.Id).Select(one => one.Worker).Distinct(StringComparer.Ordinal))
            {
                _orders.Add(new JobOrder.LoadCompacted(context.Generation, worker, compact.OperatorId, compact.Tables));
            }
        }
    }

    private void PublishIfAllAreThere(CheckpointRun run)
    {
        if (!context.Plan.OperatorSubtasks.All(run.Gathered.ContainsKey))
        {
            return;
        }

        var (manifest, fault) = ManifestBuilder.Build(run, _book, context, nowUtc);
        if (manifest is null)
        {
            End(CheckpointOutcome.Fatal, fault);
            return;
        }

        var publishing = run with { Phase = CheckpointPhase.Publishing, DeadlineUtc = nowUtc + context.Rules.PublishTimeout, Manifest = manifest };
        _book = _book with { Current = publishing };
        _orders.Add(new JobOrder.PublishManifest(context.Generation, manifest));
    }

    private void Keep(CheckpointRun run, CheckpointManifest manifest, string path)
    {
        ImmutableArray<SubtaskCommit> commits = [.. manifest.Operators.SelectMany(one => one.Commits)];
        _book = _book with
        {
            Latest = new JobCheckpoint(run.Epoch, context.Generation, path) { NeedsCommit = manifest.NeedsCommit, Commits = commits, HoldsRows = JobCheckpoint.HoldsRowsOf(manifest) },
            Kept = _book.Kept.Add(run.Epoch),
        };
        if (commits.IsEmpty)
        {
            Complete(run);
        }
        else
        {
            BeginCommits(run, commits);
        }
    }

    /// <summary>Commits again what was left open. A subtask that is no more is stood in for by one that is: what it staged is in the data.</summary>
    private void Replay(JobCheckpoint open)
    {
        var run = new CheckpointRun(open.Epoch, CheckpointPhase.Committing, nowUtc, nowUtc + context.Rules.CommitTimeout) { IsReplay = true };
        _book = _book with { Current = run };
        if (open.Commits.IsEmpty)
        {
            End(CheckpointOutcome.Fatal, $"sinks wait for the commit of epoch {open.Epoch}, but its manifest '{open.Manifest}' names nothing to commit");
            return;
        }

        var commits = ImmutableArray.CreateBuilder<SubtaskCommit>();
        foreach (var commit in open.Commits)
        {
            if (context.Plan.NodeOf(commit.OperatorId) is not { } node)
            {
                End(CheckpointOutcome.Fatal, $"epoch {open.Epoch} has rows of sink '{commit.OperatorId}' to commit, but the program has no such operator: run the program before once more and stop it with a checkpoint");
                return;
            }

            var mapped = commit.Clone();
            mapped.SubtaskIndex = commit.SubtaskIndex % (uint)node.Parallelism;
            commits.Add(mapped);
        }

        BeginCommits(run, commits.ToImmutable());
    }

    private void BeginCommits(CheckpointRun run, ImmutableArray<SubtaskCommit> commits)
    {
        run = run with
        {
            Phase = CheckpointPhase.Committing,
            DeadlineUtc = nowUtc + context.Rules.CommitTimeout,
            Commits = commits,
            Uncommitted = [.. commits.Select(ToSubtask)],
        };
        _book = _book with { Current = run };
        SendCommits(run);
    }

    private void SendCommits(CheckpointRun run)
    {
        var plan = context.Plan;
        var workers = context.Assignment.Placements.ToDictionary(one => one.Subtask, one => one.Worker);
        foreach (var group in run.Commits
            .Where(commit => run.Uncommitted.Contains(ToSubtask(commit)))
            .GroupBy(commit => workers[new SubtaskKey(plan.NodeOf(commit.OperatorId)!.Id, (int)commit.SubtaskIndex)], StringComparer.Ordinal))
        {
            _orders.Add(new JobOrder.Commit(context.Generation, group.Key, run.Epoch, [.. group]));
        }
    }

    private void Complete(CheckpointRun run)
    {
        End(CheckpointOutcome.Completed, "");
        _orders.Add(new JobOrder.Tell(JobNews.CheckpointCompleted, run.Epoch, $"Checkpoint {run.Epoch} is complete after {nowUtc - run.StartedUtc}{(run.IsReplay ? ": its commits were replayed" : "")}."));
        if (!run.IsReplay)
        {
            Retain(run.Epoch);
            AskForCompaction(run);
        }

        Settle();
    }

    /// <summary>Moves the oldest kept checkpoint on, in steps. Only completed ones count: epochs that were given up keep nothing.</summary>
    private void Retain(long epoch)
    {
        var (kept, rules) = (_book.Kept, context.Rules);
        if (epoch - _book.MinEpoch <= rules.CheckpointsKept || epoch % rules.RetentionStep != 0 || kept.Length <= rules.CheckpointsKept)
        {
            return;
        }

        var min = Math.Min(epoch - rules.CheckpointsKept, kept[^rules.CheckpointsKept]);
        if (min > _book.MinEpoch)
        {
            _book = _book with { MinEpoch = min, Kept = [.. kept.Where(one => one >= min)] };
            _orders.Add(new JobOrder.CleanUp(context.Generation, min, _book.Kept));
        }
    }

    private void AskForCompaction(CheckpointRun run)
    {
        if (!context.Rules.IsCompacting || run.ThenStop || run.Manifest is not { } manifest)
        {
            return;
        }

        var asks = _book.Compactions.Where(ask => ask.UntilUtc > nowUtc).ToImmutableArray().ToBuilder();
        foreach (var one in manifest.Operators)
        {
            foreach (var table in one.Tables.Where(table => table.Kind is TableKind.Timed or TableKind.Keyed))
            {
                var fresh = table.Files.Where(file => file.Generation == 0).Select(file => file.Epoch).Distinct().Count();
                if (fresh >= context.Rules.CompactAfterEpochs && !asks.Any(ask => ask.OperatorId == one.OperatorId && ask.Table == table.Name))
                {
                    asks.Add(new CompactionAsk(one.OperatorId, table.Name, nowUtc + context.Rules.CompactionTimeout));
                    _orders.Add(new JobOrder.Compact(context.Generation, one.OperatorId, table.Name, run.Epoch));
                }
            }
        }

        _book = _book with { Compactions = asks.ToImmutable() };
    }

    private static OperatorSubtask ToSubtask(SubtaskCommit commit) => new(commit.OperatorId, (int)commit.SubtaskIndex);
}
