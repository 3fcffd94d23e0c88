using System.Collections.Concurrent;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// When each worker of a query was heard of last. A worker with unfinished tasks reports every second, so one that is silent for long hangs, or cannot be
/// reached, though its connection stands. Thread-safe.
/// </summary>
/// <param name="silenceMax">How long it may be silent.</param>
/// <param name="clock">Measures it.</param>
internal sealed class WorkerBeats(TimeSpan silenceMax, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, long> _heardAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _lost = new(StringComparer.Ordinal);

    /// <summary>It was heard of, or was just given tasks.</summary>
    public void Hear(string worker) => _heardAt[worker] = clock.GetTimestamp();

    /// <summary>Whether it was taken for lost.</summary>
    public bool IsLost(string worker) => _lost.ContainsKey(worker);

    /// <summary>Takes those that are silent for too long for lost.</summary>
    /// <param name="busy">Workers that have unfinished tasks.</param>
    /// <returns>Those that were not lost before.</returns>
    public IReadOnlyList<string> TakeSilent(IEnumerable<string> busy) =>
        [.. busy.Distinct(StringComparer.Ordinal).Where(worker => _heardAt.TryGetValue(worker, out var heardAt) && clock.GetElapsedTime(heardAt) >= silenceMax && _lost.TryAdd(worker, true))];
}
