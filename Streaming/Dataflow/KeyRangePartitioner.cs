using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>
/// Spreads rows over the subtasks that own the hashes of their keys (<see cref="KeyRange"/>), keeping the order of rows within each.
/// State is restored by the same ranges, so the two must agree to the last hash; that is why this is no <see cref="HashPartitioner"/>.
/// </summary>
/// <remarks>No allocation once its buffers have the size of the largest batch: 14 bytes a row. Not thread-safe.</remarks>
internal sealed class KeyRangePartitioner
{
    private readonly int[] _columns;
    private readonly ulong[] _mins;
    private readonly int[] _starts;
    private ulong[] _hashes = [];
    private ushort[] _owners = [];
    private int[] _rows = [];

    /// <summary>Makes a partitioner.</summary>
    /// <param name="parallelism">Subtasks of the target. 1 to <see cref="RowPartition.MaxPartitions"/>.</param>
    /// <param name="keyColumns">Places of the key columns; at least one.</param>
    public KeyRangePartitioner(int parallelism, ReadOnlySpan<int> keyColumns)
    {
        _columns = keyColumns.ToArray();
        _mins = new ulong[parallelism];
        for (var i = 0; i < parallelism; i++)
        {
            _mins[i] = KeyRange.Of(i, parallelism).Min;
        }

        _starts = new int[parallelism + 1];
    }

    /// <summary>Finds the owner of every row.</summary>
    public void Assign(RecordBatch batch)
    {
        var count = batch.RowCount;
        if (_rows.Length < count)
        {
            _hashes = GC.AllocateUninitializedArray<ulong>(count);
            _owners = GC.AllocateUninitializedArray<ushort>(count);
            _rows = GC.AllocateUninitializedArray<int>(count);
        }

        var hashes = _hashes.AsSpan(0, count);
        RowHash.Compute(batch, _columns, hashes);
        Array.Clear(_starts);
        for (var row = 0; row < hashes.Length; row++)
        {
            var owner = OwnerOf(hashes[row]);
            _owners[row] = (ushort)owner;
            _starts[owner + 1]++;
        }

        for (var i = 1; i < _starts.Length; i++)
        {
            _starts[i] += _starts[i - 1];
        }

        // Each start moves on to the next one while its rows are placed; afterwards they are moved back by one place.
        for (var row = 0; row < count; row++)
        {
            _rows[_starts[_owners[row]]++] = row;
        }

        Array.Copy(_starts, 0, _starts, 1, _starts.Length - 1);
        _starts[0] = 0;
    }

    /// <summary>Row numbers of a subtask in the batch that was assigned last, ascending.</summary>
    public ReadOnlySpan<int> Rows(int subtask) => _rows.AsSpan(_starts[subtask], _starts[subtask + 1] - _starts[subtask]);

    /// <summary>
    /// A product instead of a division: its high word is the owner or the next one, because ranges are rounded up to whole hashes.
    /// </summary>
    private int OwnerOf(ulong hash)
    {
        var owner = (int)Math.BigMul(hash, (ulong)_mins.Length, out _);
        return hash < _mins[owner] ? owner - 1 : owner;
    }
}
