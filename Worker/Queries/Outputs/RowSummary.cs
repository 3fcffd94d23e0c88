using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>What the report of a finished task says of its rows, where the plan asks for it. Not thread-safe.</summary>
internal sealed class RowSummary
{
    private readonly ColumnSummary[] _columns;
    private readonly int[] _keys;
    private readonly HashBloom? _bloom;
    private ulong[] _hashes = [];

    private RowSummary(TaskPlan plan)
    {
        _columns = [.. plan.ValueColumns.Select(column => new ColumnSummary(column))];
        _keys = plan.SumsUpHashes ? [.. plan.Outputs[0].Keys] : [];
        _bloom = plan.SumsUpHashes ? new HashBloom() : null;
    }

    /// <summary>Of a plan; null when it asks for nothing.</summary>
    public static RowSummary? Of(TaskPlan plan) => plan.ValueColumns.Count > 0 || plan.SumsUpHashes ? new RowSummary(plan) : null;

    /// <summary>Adds rows.</summary>
    public void Add(RecordBatch batch)
    {
        foreach (var column in _columns)
        {
            column.Add(batch);
        }

        if (_bloom is null || _bloom.Count > HashBloom.CountMax)
        {
            return;
        }

        if (_hashes.Length < batch.RowCount)
        {
            _hashes = GC.AllocateUninitializedArray<ulong>(batch.RowCount);
        }

        var hashes = _hashes.AsSpan(0, batch.RowCount);
        RowHash.Compute(batch, _keys, hashes);
        foreach (var hash in hashes)
        {
            _bloom.Add(hash);
        }
    }

    /// <summary>Says it in the report of the finished task.</summary>
    public void AddTo(TaskReport report)
    {
        report.Values.AddRange(_columns.Select(column => column.ToWire()));
        if (_bloom is { Count: <= HashBloom.CountMax })
        {
            report.Hashes = new KeyBloom { Bits = UnsafeByteOperations.UnsafeWrap(_bloom.ToBytes()) };
        }
    }
}
