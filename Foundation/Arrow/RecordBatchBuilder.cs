using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow;

/// <summary>Builds record batches: one builder a column. After <see cref="Build"/> it is empty and can be used again. Not thread-safe.</summary>
public sealed class RecordBatchBuilder : IDisposable
{
    private readonly ArrowArrayBuilder[] _columns;

    /// <summary>Creates the builder.</summary>
    /// <param name="schema">Names and types of the columns.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public RecordBatchBuilder(ArrowSchema schema, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        Schema = schema;
        _columns = new ArrowArrayBuilder[schema.Fields.Count];
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i] = ArrowArrayBuilder.Create(schema.Fields[i].Type, allocator);
        }
    }

    /// <summary>Names and types of the columns.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>Rows of the first column; 0 without columns.</summary>
    public int RowCount => _columns.Length == 0 ? 0 : _columns[0].Length;

    /// <summary>The builder of a column.</summary>
    public ArrowArrayBuilder Column(int index) => _columns[index];

    /// <summary>The builder of a column as its class, for example <c>Column&lt;Int64Builder&gt;(0).Append(1)</c>.</summary>
    public TBuilder Column<TBuilder>(int index)
        where TBuilder : ArrowArrayBuilder => (TBuilder)_columns[index];

    /// <summary>The builder of a named column as its class.</summary>
    public TBuilder Column<TBuilder>(string name)
        where TBuilder : ArrowArrayBuilder => (TBuilder)_columns[Schema.IndexOf(name)];

    /// <summary>Appends a row of .NET values, one for each column; see <see cref="ArrowArrayBuilder.AppendObject"/>.</summary>
    public RecordBatchBuilder AppendRow(params ReadOnlySpan<object?> values)
    {
        if (values.Length != _columns.Length)
        {
            throw new ArgumentException($"{values.Length} values for {_columns.Length} columns.", nameof(values));
        }

        for (var i = 0; i < values.Length; i++)
        {
            _columns[i].AppendObject(values[i]);
        }

        return this;
    }

    /// <summary>The rows so far, whose one reference the caller owns; the builder is empty afterwards.</summary>
    /// <exception cref="InvalidOperationException">The columns have different lengths; the values are kept.</exception>
    public RecordBatch Build()
    {
        for (var i = 1; i < _columns.Length; i++)
        {
            if (_columns[i].Length != _columns[0].Length)
            {
                throw new InvalidOperationException(
                    $"Column '{Schema.Fields[i].Name}' has {_columns[i].Length} values, '{Schema.Fields[0].Name}' has {_columns[0].Length}.");
            }
        }

        var rows = RowCount;
        var arrays = new ArrowArray[_columns.Length];
        for (var i = 0; i < arrays.Length; i++)
        {
            arrays[i] = _columns[i].Build();
        }

        return new RecordBatch(Schema, arrays, rows);
    }

    /// <summary>Forgets the rows so far and gives their memory back.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        foreach (var column in _columns)
        {
            column.Dispose();
        }
    }
}
