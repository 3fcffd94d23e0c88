namespace OrleansFlow.Streaming.Functions;

/// <summary>Timers of keys whose state is in files: when which key has to be in memory. The timers themselves are with the state. One caller at a time.</summary>
/// <remarks>One that was taken back since, or whose key is in memory, stays here until its time: then nothing is found for it.</remarks>
internal sealed class AwayTimers
{
    private const int DistinctMin = 1_024;

    private PriorityQueue<ulong, long> _keys = new();
    private int _distinctCount;

    /// <summary>Bytes that they take, about.</summary>
    public long ByteCount => _keys.Count * 24L;

    /// <summary>Adds one.</summary>
    /// <param name="timeMicros">Its time.</param>
    /// <param name="hash">The hash of its key.</param>
    public void Add(long timeMicros, ulong hash)
    {
        _keys.Enqueue(hash, timeMicros);
        if (_keys.Count > 2 * Math.Max(DistinctMin, _distinctCount))
        {
            // A key that goes to files again and again would be here as often.
            _keys = new PriorityQueue<ulong, long>(_keys.UnorderedItems.Distinct());
            _distinctCount = _keys.Count;
        }
    }

    /// <summary>Takes keys that are due, the earliest first.</summary>
    /// <param name="nowMicros">No later ones.</param>
    /// <param name="countMax">Most of them.</param>
    /// <param name="hashes">Gets the hashes of the keys.</param>
    /// <param name="untilMicros">No timer before it is left here. <paramref name="nowMicros"/> when all that are due were taken.</param>
    /// <returns>Whether more are due.</returns>
    public bool Take(long nowMicros, int countMax, ISet<ulong> hashes, out long untilMicros)
    {
        untilMicros = nowMicros;
        while (_keys.TryPeek(out var hash, out var timeMicros) && timeMicros <= nowMicros)
        {
            if (hashes.Count == countMax)
            {
                return true;
            }

            hashes.Add(hash);
            untilMicros = timeMicros;
            _keys.Dequeue();
        }

        untilMicros = nowMicros;
        return false;
    }
}
