using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>
/// The hash of the key of a file's rows, which follows from other columns: files leave it out, since to compute it costs less than to write and read what no
/// compression makes smaller.
/// </summary>
internal sealed class ImpliedHash
{
    private readonly ArrowSchema _whole;
    private readonly int[] _keyColumns;
    private readonly int? _hashColumn;

    private ImpliedHash(ArrowSchema whole, int[] keyColumns, int? hashColumn) => (_whole, _keyColumns, _hashColumn) = (whole, keyColumns, hashColumn);

    /// <summary>What a file leaves out; null when it has the hash, or never had one.</summary>
    /// <param name="file">The columns of the file.</param>
    public static ImpliedHash? Of(ArrowSchema file) => StoredSchema.HashSourceOf(file) is var (keys, hash) && file.Fields[^1].Name != RowTableOptions.KeyHashColumn
        ? new ImpliedHash(new ArrowSchema([.. file.Fields, StoredSchema.HashField], file.Metadata), keys, hash)
        : null;

    /// <summary>Rows of the file with their hash; takes the batch over.</summary>
    public RecordBatch Add(RecordBatch stored)
    {
        using (stored)
        {
            var columns = new ArrowArray[stored.ColumnCount + 1];
            columns[^1] = _hashColumn is { } column ? stored.Column<UInt64Array>(column).Retain() : Computed(stored);
            for (var i = 0; i < stored.ColumnCount; i++)
            {
                columns[i] = stored.Column(i).Retain();
            }

            return new RecordBatch(_whole, columns, stored.RowCount);
        }
    }

    private ArrowArray Computed(RecordBatch stored)
    {
        var hashes = ArrayPool<ulong>.Shared.Rent(stored.RowCount);
        try
        {
            RowHash.Compute(stored, _keyColumns, hashes.AsSpan(0, stored.RowCount));
            using var builder = new UInt64Builder(ArrowAllocator.Pooled);
            builder.AppendRange(hashes.AsSpan(0, stored.RowCount));
            return builder.Build();
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(hashes);
        }
    }
}
