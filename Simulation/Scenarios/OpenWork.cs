namespace OrleansFlow.Simulation.Scenarios;

/// <summary>The work of a scenario that its callers have not seen end. Asked after every step, so that asking must cost nothing.</summary>
/// <param name="statusOf">Where a piece of work stands, for whoever wants to know what is missing.</param>
internal sealed class OpenWork(Func<string, string> statusOf)
{
    private readonly SortedSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>Whether all has ended.</summary>
    public bool HasEnded => _ids.Count == 0;

    public void Add(string id) => _ids.Add(id);

    public void Remove(string id) => _ids.Remove(id);

    public override string ToString() => $"{string.Join(", ", _ids.Select(id => $"{id} ({statusOf(id)})"))} did not end";
}
