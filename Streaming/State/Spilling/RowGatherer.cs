using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>Puts rows from many places side by side. The last column, which says whether a row has changed, is set anew.</summary>
/// <param name="schema">Of the rows.</param>
internal sealed class RowGatherer(ArrowSchema schema) : IDisposable
{
    private const int RowsMax = 8_192;
    private const long BytesMax = 4 << 20;

    private readonly RecordBatchBuilder _builder = new(schema, ArrowAllocator.Pooled);
    private readonly int _flag = schema.Fields.Count - 1;
    private long _bytes;

    /// <summary>Rows since the last batch.</summary>
    public int RowCount => _builder.RowCount;

    /// <summary>Whether it is time to take a batch.</summary>
    public bool IsFull => _builder.RowCount >= RowsMax || _bytes >= BytesMax;

    /// <summary>Appends a copy of a row.</summary>
    public void Append(RecordBatch rows, int row, bool isChanged)
    {
        for (var column = 0; column < _flag; column++)
        {
            _builder.Column(column).AppendRange(rows.Column(column), row, 1);
        }

        _builder.Column<BooleanBuilder>(_flag).Append(isChanged);

        // About: the rows of one file are of one kind.
        _bytes += rows.ByteCount / rows.RowCount;
    }

    /// <summary>The rows so far, as a batch of the caller's.</summary>
    public RecordBatch Build()
    {
        _bytes = 0;
        return _builder.Build();
    }

    public void Dispose() => _builder.Dispose();
}
