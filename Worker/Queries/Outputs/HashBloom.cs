namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>
/// A set of 64-bit hashes that may say of a hash outside that it is inside, never the reverse: four bits of one in a field whose length is a power of two. Layout as
/// <c>KeyBloom</c> of <c>query_v1.proto</c>. Not thread-safe while it is written.
/// </summary>
/// <remarks>
/// B. H. Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors", CACM 13(7), 1970; two halves of a hash in place of several hashes: A. Kirsch and
/// M. Mitzenmacher, "Less Hashing, Same Performance", ESA 2006. A field is halved by laying one half over the other, because a bit's place is taken modulo the length.
/// </remarks>
internal sealed class HashBloom
{
    /// <summary>Hashes at most; more would leave hardly a bit unset.</summary>
    public const int CountMax = 1 << 20;

    private const int BytesMax = 1 << 20;
    private const int BytesMin = 1 << 7;
    private const int Probes = 4;
    private const int BitsPerHash = 12;

    private readonly byte[] _bits;
    private readonly ulong _mask;

    /// <summary>An empty one of the largest size.</summary>
    public HashBloom()
        : this(new byte[BytesMax])
    {
    }

    /// <summary>One that was made before.</summary>
    /// <param name="bits">A power of two of bytes, at least 8; kept.</param>
    /// <exception cref="ArgumentException">It has another length.</exception>
    public HashBloom(byte[] bits)
    {
        if (!IsLength(bits.Length))
        {
            throw new ArgumentException($"A set of hashes has {bits.Length} bytes; it must be a power of two of at least 8.", nameof(bits));
        }

        _bits = bits;
        _mask = ((ulong)bits.Length * 8) - 1;
    }

    /// <summary>Hashes that were added, those that were there already too.</summary>
    public long Count { get; private set; }

    /// <summary>Whether a set may have so many bytes.</summary>
    public static bool IsLength(int bytes) => bytes >= 8 && (bytes & (bytes - 1)) == 0;

    /// <summary>Puts a hash in.</summary>
    public void Add(ulong hash)
    {
        Count++;
        var step = (hash >> 32) | 1;
        var place = hash & uint.MaxValue;
        for (var probe = 0; probe < Probes; probe++, place += step)
        {
            var bit = place & _mask;
            _bits[bit >> 3] |= (byte)(1 << (int)(bit & 7));
        }
    }

    /// <summary>False when a hash is surely not in it.</summary>
    public bool MayHave(ulong hash)
    {
        var step = (hash >> 32) | 1;
        var place = hash & uint.MaxValue;
        for (var probe = 0; probe < Probes; probe++, place += step)
        {
            var bit = place & _mask;
            if ((_bits[bit >> 3] & (1 << (int)(bit & 7))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Its bits, in as few bytes as it needs.</summary>
    public byte[] ToBytes()
    {
        var length = _bits.Length;
        while (length > BytesMin && (long)length / 2 * 8 >= Count * BitsPerHash)
        {
            length /= 2;
        }

        var folded = new byte[length];
        for (var index = 0; index < _bits.Length; index++)
        {
            folded[index & (length - 1)] |= _bits[index];
        }

        return folded;
    }

    /// <summary>What is in any of several sets.</summary>
    /// <param name="sets">Bits of at least one set, of any length.</param>
    public static byte[] Union(IReadOnlyList<ReadOnlyMemory<byte>> sets)
    {
        var union = new byte[sets.Max(set => set.Length)];
        foreach (var set in sets)
        {
            for (var index = 0; index < union.Length; index++)
            {
                union[index] |= set.Span[index & (set.Length - 1)];
            }
        }

        return union;
    }
}
