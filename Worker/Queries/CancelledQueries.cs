namespace OrleansFlow.Worker.Queries;

/// <summary>Queries that were cancelled here, so that a plan or a reader that comes late learns it instead of starting or waiting. Not thread-safe.</summary>
internal sealed class CancelledQueries
{
    // Calls that are older than so many cancelled queries have long had their answer.
    private const int CountMax = 10_000;

    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);
    private readonly Queue<string> _byAge = new();

    public void Add(string queryId, string reason)
    {
        if (_reasons.TryAdd(queryId, reason))
        {
            _byAge.Enqueue(queryId);
            if (_byAge.Count > CountMax)
            {
                _reasons.Remove(_byAge.Dequeue());
            }
        }
    }

    /// <summary>Why a query was cancelled; null when it was not.</summary>
    public string? ReasonOf(string queryId) => _reasons.GetValueOrDefault(queryId);
}
