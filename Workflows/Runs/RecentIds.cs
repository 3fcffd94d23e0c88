using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <summary>The newest of many ids, as a value: the oldest is forgotten when there are too many.</summary>
public sealed class RecentIds
{
    private readonly ImmutableQueue<string> _order;
    private readonly ImmutableHashSet<string> _ids;

    private RecentIds(ImmutableQueue<string> order, ImmutableHashSet<string> ids) => (_order, _ids) = (order, ids);

    /// <summary>None.</summary>
    public static RecentIds Empty { get; } = new([], ImmutableHashSet.Create<string>(StringComparer.Ordinal));

    /// <summary>The ids, the oldest first.</summary>
    public IEnumerable<string> InOrder => _order;

    /// <summary>How many ids are remembered.</summary>
    public int Count => _ids.Count;

    /// <summary>True for a remembered id.</summary>
    /// <param name="id">The id.</param>
    public bool Contains(string id) => _ids.Contains(id);

    /// <summary>Remembers an id.</summary>
    /// <param name="id">The id; not one that is remembered.</param>
    /// <param name="most">How many are remembered at most.</param>
    public RecentIds Add(string id, int most)
    {
        var (order, ids) = (_order.Enqueue(id), _ids.Add(id));
        while (ids.Count > most)
        {
            order = order.Dequeue(out var oldest);
            ids = ids.Remove(oldest);
        }

        return new(order, ids);
    }
}
