namespace Orleans.Embedded;

/// <summary>A 32-bit hash that is the same in every process: FNV-1a with the finaliser of MurmurHash3, both in the public domain.</summary>
internal static class UniformHash
{
    public static int Of(ReadOnlySpan<byte> bytes)
    {
        unchecked
        {
            var hash = 2166136261u;
            foreach (var value in bytes)
            {
                hash = (hash ^ value) * 16777619u;
            }

            hash ^= hash >> 16;
            hash *= 0x85ebca6bu;
            hash ^= hash >> 13;
            hash *= 0xc2b2ae35u;
            return (int)(hash ^ (hash >> 16));
        }
    }
}
