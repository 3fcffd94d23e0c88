using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>How many items of each concurrency key are being done, over all runs that this process hands out. Thread-safe.</summary>
/// <remarks>A run that was passed over because a key was full is noted, and comes back when the key has room.</remarks>
internal sealed class KeyLimits
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<(RunId Run, long Item)>> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<RunId, Dictionary<long, string>> _byRun = [];
    private readonly Dictionary<string, HashSet<RunId>> _passedOver = new(StringComparer.Ordinal);

    /// <summary>Holds a place of the node's key for an item; true when there is one, or the node has no key.</summary>
    public bool TryHold(RunId run, long item, CompiledNode node)
    {
        if (node.ConcurrencyKey is not { } key)
        {
            return true;
        }

        lock (_gate)
        {
            if (!_held.TryGetValue(key, out var holders))
            {
                _held[key] = holders = [];
            }

            if (!holders.Contains((run, item)) && holders.Count >= node.ConcurrencyLimit)
            {
                if (!_passedOver.TryGetValue(key, out var runs))
                {
                    _passedOver[key] = runs = [];
                }

                runs.Add(run);
                return false;
            }

            holders.Add((run, item));
            if (!_byRun.TryGetValue(run, out var items))
            {
                _byRun[run] = items = [];
            }

            items[item] = key;
            return true;
        }
    }

    /// <summary>Gives back the places of a run's items that are not being done any more.</summary>
    /// <param name="run">The run.</param>
    /// <param name="state">The run as it is; null: it is gone.</param>
    /// <returns>Runs that were passed over and may have a place now.</returns>
    public IReadOnlyCollection<RunId> Settle(RunId run, WorkflowRunState? state)
    {
        lock (_gate)
        {
            if (!_byRun.TryGetValue(run, out var items))
            {
                return [];
            }

            var waiting = new HashSet<RunId>();
            foreach (var (item, key) in items)
            {
                if (state is not null && state.Items.TryGetValue(item, out var held) && held.Status == WorkItemStatus.InProgress)
                {
                    continue;
                }

                items.Remove(item);
                _held[key].Remove((run, item));
                if (_passedOver.Remove(key, out var runs))
                {
                    waiting.UnionWith(runs);
                }

                if (_held[key].Count == 0)
                {
                    _held.Remove(key);
                }
            }

            if (items.Count == 0)
            {
                _byRun.Remove(run);
            }

            return waiting;
        }
    }
}
