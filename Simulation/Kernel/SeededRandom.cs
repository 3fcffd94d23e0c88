namespace OrleansFlow.Simulation.Kernel;

/// <summary>A stream of random numbers that is the same on every machine and in every version of .NET.</summary>
/// <remarks>xoshiro256**, seeded by SplitMix64; both by D. Blackman and S. Vigna, in the public domain.</remarks>
public sealed class SeededRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Makes a stream.</summary>
    /// <param name="seed">Any number; equal seeds and names give equal streams.</param>
    /// <param name="name">What the stream is for, so that one more draw for one purpose does not change what another draws.</param>
    public SeededRandom(ulong seed, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var state = seed;
        foreach (var letter in name)
        {
            state = (state ^ letter) * 0x100000001B3;
        }

        _s0 = Split(ref state);
        _s1 = Split(ref state);
        _s2 = Split(ref state);
        _s3 = Split(ref state);
    }

    /// <summary>A number from 0 up to, not including, <paramref name="limit"/>, which is at least 1.</summary>
    public int Next(int limit) => (int)(((NextBits() >> 32) * (ulong)limit) >> 32);

    /// <summary>A number from <paramref name="from"/> to <paramref name="to"/>, both included.</summary>
    public int Between(int from, int to) => from + Next(to - from + 1);

    /// <summary>A number from 0 up to, not including, 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with a probability.</summary>
    public bool Chance(double probability) => probability > 0 && NextDouble() < probability;

    /// <summary>A time from <paramref name="from"/> to <paramref name="to"/>.</summary>
    public TimeSpan Between(TimeSpan from, TimeSpan to) => from + TimeSpan.FromTicks((long)((to - from).Ticks * NextDouble()));

    /// <summary>One of some items.</summary>
    public T Pick<T>(IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items[Next(items.Count)];
    }

    private static ulong Split(ref ulong state)
    {
        var value = state += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private ulong NextBits()
    {
        var result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        var shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }
}
