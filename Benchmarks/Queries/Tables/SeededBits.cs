using System.Runtime.CompilerServices;

namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>
/// Pseudo-random numbers of one row of one table: a row's values depend on the seed, the table and the row only, so that any range of
/// rows can be made alone, in any order and on any thread.
/// </summary>
/// <remarks>SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.</remarks>
internal struct SeededBits
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;
    private ulong _state;

    /// <summary>Starts the numbers of a row.</summary>
    /// <param name="seed">Seed of the data set.</param>
    /// <param name="purpose">What the numbers are for; two purposes have nothing in common.</param>
    /// <param name="row">Number of the row.</param>
    public SeededBits(ulong seed, uint purpose, long row) => _state = Mix(Mix(seed + (purpose * Golden)) + ((ulong)row * 0xD1B5_4A32_D192_ED03));

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next() => Mix(_state += Golden);

    /// <summary>A number from 0 to <paramref name="count"/> - 1, each as likely as the others to one part in 2^64 / count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>A number from 0 to <paramref name="count"/> - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Below(long count) => (long)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>True in <paramref name="percent"/> of a hundred cases.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    /// <summary>A number from 0 to 1, 1 excluded.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>
    /// A number from 0 to <paramref name="count"/> - 1, the small ones far more often: half of all draws fall into the first
    /// count^(1 / (1 + <paramref name="skew"/>))-ish numbers. 0 is no skew.
    /// </summary>
    public long Skewed(long count, int skew)
    {
        var unit = Unit();
        var power = unit;
        for (var i = 0; i < skew; i++)
        {
            power *= unit;
        }

        return Math.Min(count - 1, (long)(power * count));
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58_476D_1CE4_E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D0_49BB_1331_11EB;
        return bits ^ (bits >> 31);
    }
}
