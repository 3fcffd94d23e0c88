namespace OrleansFlow.Simulation.Cluster;

/// <summary>Counts the faults of one world.</summary>
internal sealed class FaultTally
{
    private readonly int[] _counts = new int[Enum.GetValues<FaultKind>().Length];

    /// <summary>The counts, of every kind.</summary>
    public IReadOnlyDictionary<FaultKind, int> Counts => Enum.GetValues<FaultKind>().ToDictionary(kind => kind, kind => _counts[(int)kind]);

    public void Add(FaultKind kind) => _counts[(int)kind]++;
}
