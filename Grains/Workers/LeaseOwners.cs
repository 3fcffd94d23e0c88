using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workers;

/// <summary>
/// Brings what concerns many tasks to their owners, all of an owner in one call: standalone ones to their partitions, the others to their runs, of a
/// graph or of a workflow.
/// </summary>
/// <param name="grains">Finds the owners.</param>
/// <param name="worker">For whom.</param>
internal sealed class LeaseOwners(IGrainFactory grains, WorkerId worker)
{
    /// <summary>Leases tasks.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="sessionId">To which session.</param>
    /// <param name="failed">Hears of what could not be asked: whether it was granted is then not known.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The grants, and the tasks that are not ready, each in the order of the tasks of one owner.</returns>
    public async Task<(List<LeaseGrant> Granted, List<TaskId> NotReady)> GrantAsync(
        IReadOnlyList<TaskId> tasks, string sessionId, Action<Exception, TaskId> failed, CancellationToken cancellationToken)
    {
        var answers = await AskAsync(
            tasks,
            static task => task,
            (partition, group) => partition.GrantAsync(group, worker, sessionId, cancellationToken),
            (run, group) => run.GrantManyAsync(group, worker, sessionId, cancellationToken),
            (run, group) => run.GrantManyAsync(group, worker, sessionId, cancellationToken),
            failed,
            cancellationToken);
        var (granted, notReady) = (new List<LeaseGrant>(tasks.Count), new List<TaskId>());
        foreach (var (task, grant) in answers)
        {
            if (grant is null)
            {
                notReady.Add(task);
            }
            else
            {
                granted.Add(grant);
            }
        }

        return (granted, notReady);
    }

    /// <summary>Renews leases.</summary>
    /// <returns>Those that do not stand. One whose owner did not answer counts as standing: only an answer ends it.</returns>
    public async Task<List<LeaseToken>> RenewAsync(
        IReadOnlyList<LeaseRenewal> leases, string sessionId, Action<Exception, LeaseToken> failed, CancellationToken cancellationToken)
    {
        var answers = await AskAsync(
            leases,
            static lease => lease.Token.TaskId,
            (partition, group) => partition.RenewAsync(group, worker, sessionId, cancellationToken),
            (run, group) => run.RenewManyAsync(group, worker, sessionId, cancellationToken),
            (run, group) => run.RenewManyAsync(group, worker, sessionId, cancellationToken),
            (exception, lease) => failed(exception, lease.Token),
            cancellationToken);
        return [.. answers.Where(answer => !answer.Answer).Select(answer => answer.Item.Token)];
    }

    /// <summary>Ends leases. What fails is told; expiry is the backstop that needs no message to arrive.</summary>
    public Task RevokeAsync(IReadOnlyList<LeaseToken> tokens, string reason, Action<Exception, LeaseToken> failed) => AskAsync<LeaseToken, bool>(
        tokens,
        static token => token.TaskId,
        async (partition, group) =>
        {
            await partition.RevokeAsync(group, reason, CancellationToken.None);
            return new bool[group.Count];
        },
        async (run, group) =>
        {
            await run.RevokeManyAsync(group, reason, CancellationToken.None);
            return new bool[group.Count];
        },
        async (run, group) =>
        {
            await run.RevokeManyAsync(group, reason, CancellationToken.None);
            return new bool[group.Count];
        },
        failed,
        CancellationToken.None);

    private async Task<List<(TItem Item, TAnswer Answer)>> AskAsync<TItem, TAnswer>(
        IReadOnlyList<TItem> items,
        Func<TItem, TaskId> task,
        Func<ITaskPartitionGrain, IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> askPartition,
        Func<IGraphRunGrain, IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> askRun,
        Func<IWorkflowRunGrain, IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> askWorkflow,
        Action<Exception, TItem> failed,
        CancellationToken cancellationToken)
    {
        var partitions = new List<TItem>?[TaskPartitions.Count];
        var runs = new Dictionary<(RunId Run, bool IsWorkflow), List<TItem>>();
        var calls = new List<Task<List<(TItem, TAnswer)>>>();
        foreach (var item in items)
        {
            var id = task(item);
            if (id.IsStandalone)
            {
                (partitions[TaskPartitions.NumberOf(id)] ??= []).Add(item);
            }
            else if (runs.TryGetValue((id.RunId, id.IsWorkflow), out var known))
            {
                known.Add(item);
            }
            else
            {
                // Called at the end of this turn at the earliest, so with all of its items.
                List<TItem> group = [item];
                runs.Add((id.RunId, id.IsWorkflow), group);
                calls.Add(GroupAsync(group, () => id.IsWorkflow
                    ? askWorkflow(grains.GetGrain<IWorkflowRunGrain>(id.RunId.Value), group)
                    : askRun(grains.GetGrain<IGraphRunGrain>(id.RunId.Value), group)));
            }
        }

        for (var number = 0; number < partitions.Length; number++)
        {
            if (partitions[number] is { } group)
            {
                var partition = grains.GetGrain<ITaskPartitionGrain>(TaskPartitions.Keys[number]);
                calls.Add(GroupAsync(group, () => askPartition(partition, group)));
            }
        }

        var answers = await Task.WhenAll(calls);
        return answers is [var only] ? only : [.. answers.SelectMany(answer => answer)];

        async Task<List<(TItem, TAnswer)>> GroupAsync(List<TItem> group, Func<Task<IReadOnlyList<TAnswer>>> ask)
        {
            await Task.Yield();
            try
            {
                var asked = await ask();
                var result = new List<(TItem, TAnswer)>(group.Count);
                for (var position = 0; position < group.Count; position++)
                {
                    result.Add((group[position], asked[position]));
                }

                return result;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                group.ForEach(item => failed(exception, item));
                return [];
            }
        }
    }
}
