namespace OrleansFlow.Simulation.Workflows;

/// <summary>What a sequential run of a random workflow does: how often each effect happens, and whether some step fails for good.</summary>
internal sealed class FlowVisits
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _children = new(StringComparer.Ordinal);

    /// <summary>Effects by name, in ordinal order.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>How many child runs of each workflow are started, by its name.</summary>
    public IReadOnlyDictionary<string, int> Children => _children;

    /// <summary>The part that fails the run; null when none does.</summary>
    public string? Fatal { get; set; }

    public void Add(string effect, long times = 1) => _counts[effect] = _counts.GetValueOrDefault(effect) + times;

    public void AddChild(string workflow) => _children[workflow] = _children.GetValueOrDefault(workflow) + 1;
}
