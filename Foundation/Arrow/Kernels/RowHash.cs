using System.Buffers;
using System.Runtime.Intrinsics;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>
/// A 64-bit hash of rows that is the same in every process and version, so that rows can be spread over workers by it.
/// </summary>
/// <remarks>
/// For each column in turn <c>hash = fmix64(hash ^ (bits + 0x9E3779B97F4A7C15))</c>, beginning with the seed; fmix64 is the finalizer of
/// MurmurHash3. The bits of a value: an integer, date, time or unscaled decimal of up to 64 bits as a signed 64-bit integer, whatever
/// its width (unsigned ones as they are); floating point as the IEEE 754 bits of the double, with -0 as 0 and one NaN; a bool 0 or 1; text
/// and bytes in any layout their XXH64 with seed 0; wider numbers and intervals the XXH64 of their little-endian bytes; a dictionary or run
/// its value; a list <c>fmix64</c> over its items like columns, then its length; a struct its fields like columns; a union the place of
/// its type, then the value; a null 0x6E756C6C6E756C6C. Equal values hash the same, so int32 and int64 keys can be joined.
/// </remarks>
public static class RowHash
{
    /// <summary>The seed that all workers use, unless another one is agreed on.</summary>
    public const ulong DefaultSeed = 0x4F72_6C65_616E_7346;

    internal const ulong NullBits = 0x6E75_6C6C_6E75_6C6C;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;
    private const ulong Factor1 = 0xFF51_AFD7_ED55_8CCD;
    private const ulong Factor2 = 0xC4CE_B9FE_1A85_EC53;

    /// <summary>Hashes the rows of a batch.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="columns">The columns that count, in order; at least one.</param>
    /// <param name="hashes">As long as the batch has rows.</param>
    /// <param name="seed">Start of every hash. Default <see cref="DefaultSeed"/>.</param>
    /// <exception cref="ArgumentException">There is no column, one does not exist, or the target has another length.</exception>
    public static void Compute(RecordBatch batch, ReadOnlySpan<int> columns, Span<ulong> hashes, ulong seed = DefaultSeed)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (columns.IsEmpty || hashes.Length != batch.RowCount)
        {
            throw new ArgumentException($"{columns.Length} columns and room for {hashes.Length} hashes; at least one column and room for {batch.RowCount} are needed.", nameof(columns));
        }

        hashes.Fill(seed);
        foreach (var column in columns)
        {
            if (column < 0 || column >= batch.ColumnCount)
            {
                throw new ArgumentException($"There is no column {column}; the batch has {batch.ColumnCount}.", nameof(columns));
            }

            Add(batch.Column(column), hashes);
        }
    }

    /// <summary>Adds one more column to hashes of rows.</summary>
    internal static void Add(ArrowArray array, Span<ulong> hashes)
    {
        if (HashBits.TryGet(array) is { IsEmpty: false } stored)
        {
            Mix(stored, hashes);
            return;
        }

        // The bits of all values first, then one pass that mixes them by whole registers.
        var bits = ArrayPool<ulong>.Shared.Rent(hashes.Length);
        try
        {
            HashBits.Fill(array, bits.AsSpan(0, hashes.Length));
            Mix(bits.AsSpan(0, hashes.Length), hashes);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(bits);
        }
    }

    internal static ulong Mix(ulong hash, ulong bits)
    {
        hash ^= bits + Golden;
        hash = (hash ^ (hash >> 33)) * Factor1;
        hash = (hash ^ (hash >> 33)) * Factor2;
        return hash ^ (hash >> 33);
    }

    private static void Mix(ReadOnlySpan<ulong> bits, Span<ulong> hashes)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + Vector512<ulong>.Count <= hashes.Length; i += Vector512<ulong>.Count)
            {
                var hash = Vector512.Create<ulong>(hashes[i..]) ^ (Vector512.Create(bits[i..]) + Vector512.Create(Golden));
                hash = (hash ^ (hash >>> 33)) * Vector512.Create(Factor1);
                hash = (hash ^ (hash >>> 33)) * Vector512.Create(Factor2);
                (hash ^ (hash >>> 33)).CopyTo(hashes[i..]);
            }
        }

        for (; i < hashes.Length; i++)
        {
            hashes[i] = Mix(hashes[i], bits[i]);
        }
    }
}
