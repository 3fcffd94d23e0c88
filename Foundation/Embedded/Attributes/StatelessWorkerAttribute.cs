using Orleans.Embedded;
using Orleans.Placement;

namespace Orleans.Concurrency;

/// <summary>Several activations of one grain may serve its requests at once, in the caller's silo.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StatelessWorkerAttribute : PlacementAttribute
{
    /// <summary>As many activations as processors.</summary>
    public StatelessWorkerAttribute()
        : this(-1)
    {
    }

    /// <summary>At most so many activations in a silo.</summary>
    /// <param name="maxLocalWorkers">The number; -1 takes the number of processors.</param>
    public StatelessWorkerAttribute(int maxLocalWorkers)
        : base(StatelessWorkerPlacement.Instance) => MaxLocalWorkers = maxLocalWorkers;

    /// <summary>At most so many activations in a silo.</summary>
    /// <param name="maxLocalWorkers">The number; -1 takes the number of processors.</param>
    /// <param name="removeIdleWorkers">Whether workers without work end early, as <see cref="Configuration.StatelessWorkerOptions"/> say; if not, by the collection age.</param>
    public StatelessWorkerAttribute(int maxLocalWorkers, bool removeIdleWorkers)
        : this(maxLocalWorkers) => RemoveIdleWorkers = removeIdleWorkers;

    internal int MaxLocalWorkers { get; }

    internal bool RemoveIdleWorkers { get; } = true;
}
