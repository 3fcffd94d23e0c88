using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>What a run owes to the caches of its nodes: to ask before one opens, and to tell when one has done its work itself.</summary>
/// <remarks>Nothing of it is stored: it follows from the run's state. Used by one grain inside its turns.</remarks>
/// <param name="grains">Where the caches are.</param>
/// <param name="failed">Told of what could not be delivered and is tried again.</param>
/// <param name="answer">Takes what was found, or that nothing was; durable when it returns.</param>
internal sealed class RunCache(IGrainFactory grains, Action<Exception> failed, Func<AnswerCache, Task> answer)
{
    /// <summary>Most batches of an outcome that is taken; one with more is made anew.</summary>
    private const int BatchesMax = 10_000;

    private readonly SortedDictionary<int, (string Key, CachedOutcome? Outcome)> _owed = [];

    /// <summary>True when nothing is owed.</summary>
    public bool IsEmpty => _owed.Count == 0;

    /// <summary>Adds what a node asks for now.</summary>
    public void Add(GraphRunState state, int index)
    {
        var (plan, node) = (state.Plan!.Nodes[index], state.Nodes[index]);
        if (node.CacheKey is not { } key)
        {
            return;
        }

        if (node is { IsCacheAnswered: false, IsTerminal: false } && !state.IsTerminal)
        {
            _owed[index] = (key, null);
        }
        else if (node.Status == RunStatus.Completed && node.CachedFrom.IsDefault)
        {
            _owed[index] = (key, new CachedOutcome(state.RunId, plan.Id, node.EndedUtc + plan.Cache!.Ttl));
        }
        else
        {
            _owed.Remove(index);
        }
    }

    /// <summary>Delivers all that is owed now.</summary>
    /// <returns>True when all of it was delivered; what was not is owed still.</returns>
    public async Task<bool> DeliverAsync(CancellationToken cancellationToken)
    {
        var owed = _owed.ToArray();
        _owed.Clear();
        var delivered = await Task.WhenAll(owed.Select(one => DeliverAsync(one.Key, one.Value.Key, one.Value.Outcome, cancellationToken)));
        return Array.TrueForAll(delivered, one => one);
    }

    private async Task<bool> DeliverAsync(int node, string key, CachedOutcome? outcome, CancellationToken cancellationToken)
    {
        try
        {
            var cache = grains.GetGrain<INodeCacheGrain>(key);
            if (outcome is not null)
            {
                await cache.RememberAsync(outcome, cancellationToken);
            }
            else
            {
                var found = await cache.FindAsync(cancellationToken) is { } known ? await ReadAsync(known, cancellationToken) : null;
                await answer(new AnswerCache(node, key, found));
            }

            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failed(exception);
            _owed.TryAdd(node, (key, outcome));
            return false;
        }
    }

    /// <summary>The outcome as its run has it; null when the run is gone, or has another one now.</summary>
    private async Task<CachedNode?> ReadAsync(CachedOutcome outcome, CancellationToken cancellationToken)
    {
        try
        {
            var run = grains.GetGrain<IGraphRunGrain>(outcome.Run.Value);
            var tasks = new List<TaskView>();
            for (int? begin = 0; begin is { } position;)
            {
                var page = await run.GetTasksAsync(outcome.Node, position, RunView.ShownTasksMax, cancellationToken);
                tasks.AddRange(page.Tasks);
                begin = page.Next;
            }

            var batches = tasks.Select(_ => ImmutableArray.CreateBuilder<AcceptedBatch>()).ToList();
            var count = 0;
            for (int? begin = 0; begin is { } position;)
            {
                var page = await run.GetArtifactsAsync(outcome.Node, position, ArtifactPage.BatchesMax, cancellationToken);
                count += page.Batches.Count;
                if (!page.Complete || count > BatchesMax)
                {
                    return null;
                }

                foreach (var batch in page.Batches)
                {
                    batches[batch.TaskIndex].Add(new AcceptedBatch(0, batch.Rows, batch.Bytes, batch.Path));
                }

                begin = page.Next;
            }

            return tasks.TrueForAll(task => task.Status == FlowTaskStatus.Completed)
                ? new CachedNode(outcome.Run, [.. tasks.Select((task, index) => new CachedTask(task.ResultJson, batches[index].ToImmutable()))])
                : null;
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
        {
            return null;
        }
    }
}
