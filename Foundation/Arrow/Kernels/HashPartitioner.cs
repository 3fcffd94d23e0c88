using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>
/// Spreads the rows of many batches over partitions by the hash of key columns, with buffers that are kept from batch to batch. Rows with
/// equal keys get the same partition in every process (<see cref="RowHash"/>, <see cref="RowPartition.Of"/>); rows keep their order.
/// </summary>
/// <remarks>
/// A counting sort of the row numbers: hash, partition and histogram, then one scatter into a single list of row numbers. Histogram and
/// scatter go through four quarters of the batch side by side, each with counters of its own, because a counter that was just written
/// cannot be read again for some cycles (for hot keys, and for few partitions, that wait is what would bound the speed).
/// Idea: Polychroniou and Ross, "A Comprehensive Study of Main-Memory Partitioning and its Application to Large-Scale Comparison- and
/// Radix-Sort", SIGMOD 2014. No allocation once the buffers have the size of the largest batch: 14 bytes a row. Not thread-safe.
/// </remarks>
public sealed class HashPartitioner
{
    private const int Lanes = 4;

    private readonly int[] _columns;
    private readonly ulong _seed;
    private readonly int[] _starts;
    private readonly int[] _cursors;
    private ulong[] _hashes = [];
    private ushort[] _targets = [];
    private int[] _rows = [];

    /// <summary>Creates a partitioner.</summary>
    /// <param name="partitions">How many, 1 to <see cref="RowPartition.MaxPartitions"/>.</param>
    /// <param name="columns">Places of the key columns in every batch; at least one.</param>
    /// <param name="seed">Seed of the hash. Default <see cref="RowHash.DefaultSeed"/>. A join inside a partition takes another one, or its table would be lopsided.</param>
    /// <exception cref="ArgumentException">There is no column.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Too few or too many partitions.</exception>
    public HashPartitioner(int partitions, ReadOnlySpan<int> columns, ulong seed = RowHash.DefaultSeed)
    {
        RowPartition.CheckPartitions(partitions);
        if (columns.IsEmpty)
        {
            throw new ArgumentException("There is no key column; at least one is needed.", nameof(columns));
        }

        PartitionCount = partitions;
        _columns = columns.ToArray();
        _seed = seed;
        _starts = new int[partitions + 1];
        _cursors = new int[Lanes * partitions];
    }

    /// <summary>Number of partitions.</summary>
    public int PartitionCount { get; }

    /// <summary>Rows of the batch that was assigned last.</summary>
    public int RowCount { get; private set; }

    /// <summary>Finds the partition of every row of a batch.</summary>
    /// <param name="batch">The rows; not kept.</param>
    /// <exception cref="ArgumentException">The batch lacks a key column.</exception>
    public void Assign(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var count = batch.RowCount;
        if (_rows.Length < count)
        {
            _hashes = GC.AllocateUninitializedArray<ulong>(count);
            _targets = GC.AllocateUninitializedArray<ushort>(count);
            _rows = GC.AllocateUninitializedArray<int>(count);
        }

        RowCount = 0;
        var hashes = _hashes.AsSpan(0, count);
        RowHash.Compute(batch, _columns, hashes, _seed);
        var targets = _targets.AsSpan(0, count);
        FindTargets(hashes, targets, (uint)PartitionCount);
        Sort(targets);
        RowCount = count;
    }

    /// <summary>Row numbers of a partition in the batch that was assigned last, ascending. Overwritten by the next <see cref="Assign"/>.</summary>
    /// <param name="partition">0 to <see cref="PartitionCount"/> - 1.</param>
    public ReadOnlySpan<int> Rows(int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, PartitionCount);
        return RowCount == 0 ? default : _rows.AsSpan(_starts[partition], _starts[partition + 1] - _starts[partition]);
    }

    /// <summary>A batch for each partition that has rows; null for the others. The caller owns them.</summary>
    /// <param name="batch">Any batch with the rows of the one that was assigned last, for example all of its columns.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentException">The batch has another number of rows.</exception>
    public RecordBatch?[] Split(RecordBatch batch, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.RowCount != RowCount)
        {
            throw new ArgumentException($"The batch has {batch.RowCount} rows; the one that was assigned had {RowCount}.", nameof(batch));
        }

        var batches = new RecordBatch?[PartitionCount];
        var done = 0;
        try
        {
            for (; done < batches.Length; done++)
            {
                var rows = Rows(done);

                // Sorted keys often put a whole batch into one partition: then there is nothing to copy.
                batches[done] = rows.IsEmpty ? null : rows.Length == RowCount ? batch.Retain() : ArrowTake.TakePresent(batch, rows, allocator);
            }

            return batches;
        }
        catch
        {
            foreach (var finished in batches.AsSpan(0, done))
            {
                finished?.Dispose();
            }

            throw;
        }
    }

    /// <summary>The high word of hash times count, which is below 65,536, for eight hashes at a time: see <see cref="RowPartition.Of"/>.</summary>
    private static void FindTargets(ReadOnlySpan<ulong> hashes, Span<ushort> targets, uint partitions)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var count = Vector512.Create((ulong)partitions);
            var lowHalf = Vector512.Create(0xFFFF_FFFFUL);
            for (; i + 32 <= hashes.Length; i += 32)
            {
                // Narrowed twice in pairs: four times eight 64-bit results become 32 of 16 bits.
                var a = Vector512.Narrow(High(hashes[i..], count, lowHalf), High(hashes[(i + 8)..], count, lowHalf));
                var b = Vector512.Narrow(High(hashes[(i + 16)..], count, lowHalf), High(hashes[(i + 24)..], count, lowHalf));
                Vector512.Narrow(a, b).CopyTo(targets[i..]);
            }
        }

        for (; i < hashes.Length; i++)
        {
            targets[i] = (ushort)Math.BigMul(hashes[i], partitions, out _);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> High(ReadOnlySpan<ulong> hashes, Vector512<ulong> count, Vector512<ulong> lowHalf)
    {
        var hash = Vector512.Create(hashes);
        return (((hash >>> 32) * count) + (((hash & lowHalf) * count) >>> 32)) >>> 32;
    }

    private void Sort(ReadOnlySpan<ushort> targets)
    {
        var partitions = PartitionCount;
        var quarter = targets.Length / Lanes;
        _cursors.AsSpan().Clear();
        ref var target = ref MemoryMarshal.GetReference(targets);
        ref var first = ref MemoryMarshal.GetArrayDataReference(_cursors);
        ref var second = ref Unsafe.Add(ref first, partitions);
        ref var third = ref Unsafe.Add(ref first, 2 * partitions);
        ref var fourth = ref Unsafe.Add(ref first, 3 * partitions);
        for (nint i = 0; i < quarter; i++)
        {
            Unsafe.Add(ref first, (nint)Unsafe.Add(ref target, i))++;
            Unsafe.Add(ref second, (nint)Unsafe.Add(ref target, i + quarter))++;
            Unsafe.Add(ref third, (nint)Unsafe.Add(ref target, i + (2 * quarter)))++;
            Unsafe.Add(ref fourth, (nint)Unsafe.Add(ref target, i + (3 * quarter)))++;
        }

        for (nint i = Lanes * quarter; i < targets.Length; i++)
        {
            Unsafe.Add(ref fourth, (nint)Unsafe.Add(ref target, i))++;
        }

        CountsToPlaces();
        ref var row = ref MemoryMarshal.GetArrayDataReference(_rows);
        for (nint i = 0; i < quarter; i++)
        {
            Unsafe.Add(ref row, (nint)Unsafe.Add(ref first, (nint)Unsafe.Add(ref target, i))++) = (int)i;
            Unsafe.Add(ref row, (nint)Unsafe.Add(ref second, (nint)Unsafe.Add(ref target, i + quarter))++) = (int)i + quarter;
            Unsafe.Add(ref row, (nint)Unsafe.Add(ref third, (nint)Unsafe.Add(ref target, i + (2 * quarter)))++) = (int)i + (2 * quarter);
            Unsafe.Add(ref row, (nint)Unsafe.Add(ref fourth, (nint)Unsafe.Add(ref target, i + (3 * quarter)))++) = (int)i + (3 * quarter);
        }

        for (nint i = Lanes * quarter; i < targets.Length; i++)
        {
            Unsafe.Add(ref row, (nint)Unsafe.Add(ref fourth, (nint)Unsafe.Add(ref target, i))++) = (int)i;
        }
    }

    /// <summary>Turns counts into the places where each quarter's rows of each partition begin.</summary>
    private void CountsToPlaces()
    {
        var place = 0;
        for (var partition = 0; partition < PartitionCount; partition++)
        {
            _starts[partition] = place;
            for (var lane = 0; lane < Lanes; lane++)
            {
                ref var cursor = ref _cursors[(lane * PartitionCount) + partition];
                (cursor, place) = (place, place + cursor);
            }
        }

        _starts[PartitionCount] = place;
    }
}
