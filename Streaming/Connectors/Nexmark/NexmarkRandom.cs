namespace OrleansFlow.Streaming.Connectors.Nexmark;

/// <summary>Numbers that follow from a seed and the number of an event alone, so that any subtask makes the same event.</summary>
/// <remarks>SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.</remarks>
internal struct NexmarkRandom(ulong seed, long number)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state = Mix(seed ^ Mix((ulong)number + Gamma));

    /// <summary>A number of 0 to a bound, which is not reached.</summary>
    public long Next(long end) => (long)Math.BigMul(NextBits(), (ulong)end, out _);

    /// <summary>A number of 0 to 1, which is not reached.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    private ulong NextBits() => Mix(_state += Gamma);

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
