using System.Globalization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Sees everything that happens in a world, writes it into the history and shows it to the invariants.</summary>
internal sealed class SimulationWatch
{
    private readonly SimulatedWorld _world;
    private readonly Invariant[] _invariants;
    private readonly Dictionary<TaskId, TaskLease> _stored = [];
    private readonly Dictionary<(string State, GrainId Grain), TaskImagesRow> _rows = [];
    private readonly Dictionary<GrainId, TaskPartitionHead> _heads = [];
    private readonly Dictionary<RunId, RunView> _seen = [];
    private readonly WorkflowLogInvariant _logs;

    public SimulationWatch(SimulatedWorld world)
    {
        _world = world;
        _logs = new WorkflowLogInvariant(world);
        _invariants =
        [
            new DurableSubmitInvariant(world), new FencingInvariant(world), new OneOutcomeInvariant(world),
            new LeaseEndInvariant(world), new FinalCancellationInvariant(world), new FinalRunInvariant(world),
            new FanInInvariant(world), new CountedEffectsInvariant(world), new LimitInvariant(world),
        ];
    }

    /// <summary>The first rule that was broken, and how; null while none is.</summary>
    public string? Violation { get; private set; }

    /// <summary>When the world last recovered from a fault of a process.</summary>
    public TimeSpan LastCrash { get; set; }

    /// <summary>Since when nothing goes wrong.</summary>
    public TimeSpan HealthySince => new[] { LastCrash, _world.Network.LastFault, _world.Store.LastFault }.Max();

    /// <summary>The stored state of a standalone task; null while there is none.</summary>
    public TaskLease? Stored(TaskId task) => _stored.GetValueOrDefault(task);

    /// <summary>What callers know of a run; null while they know nothing.</summary>
    public RunView? Seen(RunId run) => _seen.GetValueOrDefault(run);

    public void Violate(string what)
    {
        if (Violation is null)
        {
            Violation = what;
            _world.History.Add($"VIOLATION of {what}");
        }
    }

    public void OnRunSubmitting(RunId run, string documentJson)
    {
        _world.History.Add($"{run} is {documentJson}");
        foreach (var invariant in _invariants)
        {
            invariant.OnRunSubmitting(run, documentJson);
        }
    }

    public void OnSubmitted(string id)
    {
        _world.History.Add($"caller: {id} is accepted");
        Tell(id, static (invariant, id) => invariant.OnSubmitted(id));
    }

    public void OnCancelled(string id)
    {
        _world.History.Add($"caller: {id} is cancelled");
        Tell(id, static (invariant, id) => invariant.OnCancelled(id));
    }

    public void OnDecision(LeaseStep step)
    {
        if (_world.History.IsKept && (!step.Decision.Events.IsEmpty || !step.Decision.IsAccepted) && step.Command is not RenewLease { })
        {
            _world.History.Add($"{step.Task} {step.Before.Status} e{step.Before.Epoch}: {Words.Of(step.Command)} -> {Words.Of(step.Decision)}");
        }

        Tell(step, static (invariant, step) => invariant.OnDecision(step));
    }

    /// <summary>Whether some row that counts holds a standalone task with its submission.</summary>
    public bool IsStored(string task) => _rows.Any(row =>
        _heads.TryGetValue(row.Key.Grain, out var head)
        && Counts(head, row.Key.State)
        && row.Value.Tasks.Any(image => image.Id == task && image.Submission is not null));

    /// <summary>A row took effect in the store. Of a partition's rows those count that its head refers to.</summary>
    public void OnApplied(string state, GrainId grain, object? value)
    {
        switch (value)
        {
            case null:
                _rows.Remove((state, grain));
                break;
            case TaskImagesRow images:
                _rows[(state, grain)] = images;
                break;
            case WorkflowLogRow row:
                _logs.OnApplied(state, grain, row);
                break;
            case TaskPartitionHead head:
                var first = _heads.TryGetValue(grain, out var before) ? before.Next : 1;
                _heads[grain] = head;
                for (var number = first; number < head.Next; number++)
                {
                    if (_rows.TryGetValue((string.Create(CultureInfo.InvariantCulture, $"log-{number}"), grain), out var row))
                    {
                        OnLogged(row);
                    }
                    else
                    {
                        Violate($"rule 1 (an acknowledged submit survives): the head of {grain} refers to log row {number}, which is not stored");
                    }
                }

                break;
        }
    }

    /// <summary>A caller has seen a run. Only what was asked for after the last answer counts, because answers may overtake each other.</summary>
    public void OnRunSeen(RunView view)
    {
        var before = _seen.GetValueOrDefault(view.RunId);
        if (before?.Status != view.Status)
        {
            _world.History.Add($"caller: {view.RunId} is {view.Status}");
        }

        _seen[view.RunId] = view;
        foreach (var invariant in _invariants)
        {
            invariant.OnRunSeen(before, view);
        }
    }

    public void OnOffered(WorkerId worker, string taskId, long epoch)
    {
        _world.History.Add($"{taskId} e{epoch} is offered to {worker}");
        foreach (var invariant in _invariants)
        {
            invariant.OnOffered(worker, TaskId.Parse(taskId), epoch);
        }
    }

    public void OnAttemptBegun(WorkerId worker, TaskId task, long epoch) => _world.History.Add($"{task} e{epoch} begins on {worker}");

    /// <summary>An attempt goes on from a checkpoint, which was saved with each batch: it is of the last one that stands.</summary>
    public void OnResumed(TaskId task, long epoch, int batchCount, int acceptedCount)
    {
        _world.History.Add($"{task} e{epoch} goes on after batch {batchCount}");
        if (batchCount != acceptedCount)
        {
            Violate($"rule 3 (one outcome, with its effects): {task} e{epoch} was given the checkpoint of {batchCount} batches, and {acceptedCount} stand");
        }
    }

    public void OnAttemptDone(WorkerId worker, TaskId task, long epoch)
    {
        _world.History.Add($"{task} e{epoch} is done on {worker}");
        foreach (var invariant in _invariants)
        {
            invariant.OnAttemptDone(worker, task, epoch);
        }
    }

    public void OnBatchReceipt(WorkerId worker, BatchReceipt receipt)
    {
        _world.History.Add($"{receipt.Lease.TaskId} e{receipt.Lease.Epoch} batch {receipt.Index} of {worker}: {(receipt.Accepted ? "accepted" : receipt.RefusedReason)}");
        foreach (var invariant in _invariants)
        {
            invariant.OnBatchReceipt(worker, receipt);
        }
    }

    public void OnOutcomeReceipt(WorkerId worker, OutcomeReceipt receipt)
    {
        _world.History.Add($"{receipt.Lease.TaskId} e{receipt.Lease.Epoch} end of {worker}: {(receipt.Accepted ? "accepted" : receipt.RefusedReason)}");
        foreach (var invariant in _invariants)
        {
            invariant.OnOutcomeReceipt(worker, receipt);
        }
    }

    public void OnStep()
    {
        foreach (var invariant in _invariants)
        {
            invariant.OnStep();
        }
    }

    public void OnEnd()
    {
        foreach (var invariant in _invariants)
        {
            invariant.OnEnd();
        }
    }

    private static bool Counts(TaskPartitionHead head, string row)
    {
        var (kind, number) = (row.Split('-')[0], long.Parse(row.Split('-')[1], CultureInfo.InvariantCulture));
        return kind == "log" ? number >= head.Tail && number < head.Next : number < head.Ended;
    }

    private void OnLogged(TaskImagesRow row)
    {
        foreach (var image in row.Tasks)
        {
            var (task, after) = (TaskId.Parse(image.Id), image.Lease.ToLease());
            var before = _stored.GetValueOrDefault(task);
            _stored[task] = after;
            _world.History.Add($"{task} stored: {after.Status} e{after.Epoch} batches {after.Batches.Count}");
            foreach (var invariant in _invariants)
            {
                invariant.OnTaskStored(task, before, after);
            }
        }
    }

    private void Tell<T>(T what, Action<Invariant, T> tell)
    {
        foreach (var invariant in _invariants)
        {
            tell(invariant, what);
        }
    }
}
