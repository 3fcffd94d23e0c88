namespace OrleansFlow.Workflows.Execution;

/// <summary>The contexts of the runs that a worker has served lately, so that the next step costs what was committed since. Thread-safe.</summary>
/// <param name="capacity">Most runs; the one that was used longest ago goes first.</param>
internal sealed class ContextCache<TContext>(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byRun = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>The context of a run as of a version; false when another one is kept, or none.</summary>
    public bool TryGet(string run, long version, out TContext context)
    {
        lock (_gate)
        {
            if (_byRun.TryGetValue(run, out var node) && node.Value.Version == version)
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                context = node.Value.Context;
                return true;
            }
        }

        context = default!;
        return false;
    }

    /// <summary>Keeps a context.</summary>
    public void Set(string run, long version, TContext context)
    {
        lock (_gate)
        {
            if (_byRun.TryGetValue(run, out var node))
            {
                _byUse.Remove(node);
                node.Value = new Entry(run, version, context);
            }
            else
            {
                if (_byRun.Count >= capacity && _byUse.Last is { } oldest)
                {
                    _byUse.RemoveLast();
                    _byRun.Remove(oldest.Value.Run);
                }

                _byRun.Add(run, node = new LinkedListNode<Entry>(new Entry(run, version, context)));
            }

            _byUse.AddFirst(node);
        }
    }

    private readonly record struct Entry(string Run, long Version, TContext Context);
}
