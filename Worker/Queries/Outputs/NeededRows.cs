using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>Leaves out rows that find no match where they would go, by the hash of their keys. Not thread-safe.</summary>
/// <param name="bloom">Hashes of the keys that are needed.</param>
/// <param name="keys">Positions of the keys.</param>
internal sealed class NeededRows(HashBloom bloom, int[] keys)
{
    // Looking costs some nanoseconds a row, which is lost where nearly all rows are needed.
    private const int TrialRows = 65_536;
    private const double KeptShareMax = 0.8;

    private ulong[] _hashes = [];
    private int[] _rows = [];
    private long _seen;
    private long _kept;

    /// <summary>Of a plan; null when all rows are needed.</summary>
    public static NeededRows? Of(TaskPlan plan) =>
        plan.NeededHashes is { } needed ? new NeededRows(new HashBloom(needed.Bits.ToByteArray()), [.. plan.Outputs[0].Keys]) : null;

    /// <summary>
    /// The rows that may be needed; the batch itself, retained, when those are all, or when so many were among the first that it does not pay to look. The caller
    /// owns the result.
    /// </summary>
    public RecordBatch Keep(RecordBatch batch)
    {
        if (_seen >= TrialRows && _kept > _seen * KeptShareMax)
        {
            return batch.Retain();
        }

        if (_hashes.Length < batch.RowCount)
        {
            _hashes = GC.AllocateUninitializedArray<ulong>(batch.RowCount);
            _rows = GC.AllocateUninitializedArray<int>(batch.RowCount);
        }

        var hashes = _hashes.AsSpan(0, batch.RowCount);
        RowHash.Compute(batch, keys, hashes);
        var count = 0;
        for (var row = 0; row < hashes.Length; row++)
        {
            if (bloom.MayHave(hashes[row]))
            {
                _rows[count++] = row;
            }
        }

        _seen += batch.RowCount;
        _kept += count;
        return count == batch.RowCount ? batch.Retain() : ArrowTake.Take(batch, _rows.AsSpan(0, count));
    }
}
