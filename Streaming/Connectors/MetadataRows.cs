using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>The columns of a source that are no part of its data (<c>METADATA FROM</c>), and how they stand among those that are. Not thread-safe.</summary>
/// <remarks>The source appends a value to each <see cref="Column"/> for each row that its decoder holds, those of bad records among them.</remarks>
internal sealed class MetadataRows : IDisposable
{
    private readonly ArrowSchema _rows;
    private readonly ArrowAllocator _allocator;
    private readonly RecordBatchBuilder _values;

    // For each column of the rows its place in the data, or the complement of the one among the metadata.
    private readonly int[] _places;

    /// <summary>Makes it.</summary>
    /// <param name="operatorId">The source, for messages.</param>
    /// <param name="rows">The rows of the source.</param>
    /// <param name="columns">Which of them are no part of the data.</param>
    /// <param name="allocator">Memory of batches.</param>
    /// <exception cref="FlowException">The rows have no such column, or no other (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public MetadataRows(string operatorId, ArrowSchema rows, IReadOnlyList<MetadataColumn> columns, ArrowAllocator allocator)
    {
        (_rows, _allocator, _places) = (rows, allocator, new int[rows.Fields.Count]);
        foreach (var (column, place) in columns.Select((column, place) => (column, place)))
        {
            var at = rows.TryIndexOf(column.Column);
            if (at < 0 || _places[at] < 0)
            {
                throw new FlowException(FlowErrorCode.BadGraph, $"The source '{operatorId}' gives '{column.Key}' in column '{column.Column}', which its rows have not, or hold something else in; they are ({rows}).");
            }

            _places[at] = ~place;
        }

        var data = new List<ArrowField>();
        for (var at = 0; at < _places.Length; at++)
        {
            if (_places[at] >= 0)
            {
                _places[at] = data.Count;
                data.Add(rows.Fields[at]);
            }
        }

        if (data.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The source '{operatorId}' has only columns of metadata ({rows}); one has to be read from the data.");
        }

        Data = new ArrowSchema([.. data]);
        Keys = [.. columns.Select(column => column.Key)];
        _values = new RecordBatchBuilder(new ArrowSchema([.. columns.Select(column => rows.Field(column.Column))]), allocator);
    }

    /// <summary>The columns that the data has.</summary>
    public ArrowSchema Data { get; }

    /// <summary>What the other columns hold, in the order of <see cref="Column"/>.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>Rows that have values.</summary>
    public int RowCount => _values.RowCount;

    /// <summary>Where values of a key go.</summary>
    public ArrowArrayBuilder Column(int place) => _values.Column(place);

    /// <summary>The values so far, which the caller owns and gives to <see cref="Join"/>; the next row is the first one again.</summary>
    /// <param name="bad">Rows that are left out, ascending; the decoder forgets them when it builds, so that it comes second.</param>
    public RecordBatch Take(IReadOnlyList<int> bad)
    {
        var values = _values.Build();
        if (bad.Count == 0 || Keys.Count == 0)
        {
            return values;
        }

        using (values)
        using (var builder = new BooleanBuilder(_allocator))
        {
            var next = 0;
            for (var row = 0; row < values.RowCount; row++)
            {
                var isBad = next < bad.Count && bad[next] == row;
                next += isBad ? 1 : 0;
                builder.Append(!isBad);
            }

            using var mask = (BooleanArray)builder.Build();
            return ArrowFilter.Filter(values, mask, _allocator);
        }
    }

    /// <summary>The rows of the source.</summary>
    /// <param name="data">Those of the data. The caller goes on owning it.</param>
    /// <param name="values">As many, of <see cref="Take"/>. The caller goes on owning it.</param>
    public RecordBatch Join(RecordBatch data, RecordBatch values)
    {
        var columns = new ArrowArray[_places.Length];
        for (var at = 0; at < columns.Length; at++)
        {
            columns[at] = (_places[at] >= 0 ? data.Columns[_places[at]] : values.Columns[~_places[at]]).Retain();
        }

        return new RecordBatch(_rows, columns, data.RowCount);
    }

    public void Dispose() => _values.Dispose();
}
