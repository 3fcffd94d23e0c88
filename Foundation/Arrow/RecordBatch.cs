using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow;

/// <summary>
/// Columns of the same length under a schema; immutable. Reference-counted: it starts with one reference, which its
/// creator holds; <see cref="Retain"/> adds one, <see cref="Dispose"/> gives one back, the last one lets go of the columns.
/// </summary>
/// <remarks>Reading is thread-safe. Columns and their spans are valid only while a reference is held.</remarks>
public sealed class RecordBatch : IDisposable
{
    private readonly ArrowArray[] _columns;
    private int _references = 1;

    /// <summary>Takes over one reference to each column.</summary>
    /// <param name="schema">One field for each column.</param>
    /// <param name="columns">The columns, each of <paramref name="rowCount"/> values. On an exception they stay the caller's.</param>
    /// <param name="rowCount">Number of rows; a batch without columns has them too.</param>
    /// <exception cref="ArgumentException">Number, type or length of the columns do not match.</exception>
    public RecordBatch(ArrowSchema schema, IReadOnlyList<ArrowArray> columns, int rowCount)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        if (columns.Count != schema.Fields.Count)
        {
            throw new ArgumentException($"{columns.Count} columns for {schema.Fields.Count} fields.", nameof(columns));
        }

        for (var i = 0; i < columns.Count; i++)
        {
            var field = schema.Fields[i];
            if (!columns[i].Type.Equals(field.Type))
            {
                throw new ArgumentException($"Column '{field.Name}' is {columns[i].Type.Name}, its field says {field.Type.Name}.", nameof(columns));
            }

            if (columns[i].Length != rowCount)
            {
                throw new ArgumentException($"Column '{field.Name}' has {columns[i].Length} values, the batch {rowCount} rows.", nameof(columns));
            }
        }

        Schema = schema;
        RowCount = rowCount;
        _columns = [.. columns];
    }

    /// <summary>Names and types of the columns.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>Number of columns.</summary>
    public int ColumnCount => _columns.Length;

    /// <summary>The columns in order. Owned by the batch.</summary>
    public IReadOnlyList<ArrowArray> Columns => _columns;

    /// <summary>Bytes of the buffers that the columns refer to; a slice counts the whole buffers.</summary>
    public long ByteCount
    {
        get
        {
            var sum = 0L;
            foreach (var column in _columns)
            {
                sum += column.ByteCount;
            }

            return sum;
        }
    }

    /// <summary>Whether all references are gone.</summary>
    public bool IsReleased => Volatile.Read(ref _references) <= 0;

    /// <summary>The column at a position. Owned by the batch.</summary>
    public ArrowArray Column(int index) => _columns[index];

    /// <summary>The column of a name. Owned by the batch.</summary>
    /// <exception cref="ArgumentException">No column, or more than one, has that name.</exception>
    public ArrowArray Column(string name) => _columns[Schema.IndexOf(name)];

    /// <summary>The column at a position as its array class.</summary>
    /// <exception cref="InvalidCastException">The column is of another class; the message names both.</exception>
    public TArray Column<TArray>(int index)
        where TArray : ArrowArray => _columns[index] as TArray
        ?? throw new InvalidCastException($"Column {index} '{Schema.Fields[index].Name}' is {_columns[index].Type.Name} ({_columns[index].GetType().Name}), not {typeof(TArray).Name}.");

    /// <summary>The column of a name as its array class.</summary>
    /// <exception cref="ArgumentException">No column, or more than one, has that name.</exception>
    /// <exception cref="InvalidCastException">The column is of another class; the message names both.</exception>
    public TArray Column<TArray>(string name)
        where TArray : ArrowArray => Column<TArray>(Schema.IndexOf(name));

    /// <summary>Checks each column; see <see cref="ArrowArray.Validate"/>.</summary>
    /// <exception cref="ArrowFormatException">Something is wrong; the message names the column and the defect.</exception>
    public void Validate() => ForEachColumn(column => column.Validate());

    /// <summary>Checks each column, and that only nullable fields have nulls; see <see cref="ArrowArray.ValidateFull"/>.</summary>
    /// <exception cref="ArrowFormatException">Something is wrong; the message names the column and the defect.</exception>
    public void ValidateFull()
    {
        ForEachColumn(column => column.ValidateFull());
        for (var i = 0; i < _columns.Length; i++)
        {
            ArrowValidator.Throw(PromiseValidator.FindForbiddenNull(Schema.Fields[i], _columns[i]));
        }
    }

    /// <summary>A range of rows, without a copy; the caller owns the one reference of the result.</summary>
    public RecordBatch Slice(int offset, int length)
    {
        if (offset < 0 || length < 0 || offset > RowCount - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"Rows {offset}..{(long)offset + length} lie outside a batch of {RowCount} rows.");
        }

        ObjectDisposedException.ThrowIf(IsReleased, this);
        var columns = new ArrowArray[_columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = _columns[i].Slice(offset, length);
        }

        return new RecordBatch(Schema, columns, length);
    }

    /// <summary>Some of the columns, without a copy; the caller owns the one reference of the result.</summary>
    /// <param name="indices">Positions of the columns in the new order.</param>
    public RecordBatch Select(params ReadOnlySpan<int> indices)
    {
        ObjectDisposedException.ThrowIf(IsReleased, this);
        var fields = new ArrowField[indices.Length];
        var columns = new ArrowArray[indices.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            fields[i] = Schema.Fields[indices[i]];
            columns[i] = _columns[indices[i]];
        }

        foreach (var column in columns)
        {
            column.Retain();
        }

        return new RecordBatch(new ArrowSchema(fields, Schema.Metadata), columns, RowCount);
    }

    /// <summary>Adds a reference and returns this batch.</summary>
    /// <exception cref="ObjectDisposedException">All references are gone.</exception>
    public RecordBatch Retain()
    {
        var seen = Volatile.Read(ref _references);
        while (true)
        {
            ObjectDisposedException.ThrowIf(seen <= 0, this);
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return this;
            }

            seen = before;
        }
    }

    /// <summary>Gives a reference back. Once all are gone, further calls do nothing.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen - 1, seen);
            if (before == seen)
            {
                if (seen == 1)
                {
                    foreach (var column in _columns)
                    {
                        column.Dispose();
                    }
                }

                return;
            }

            seen = before;
        }
    }

    private void ForEachColumn(Action<ArrowArray> check)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            try
            {
                check(_columns[i]);
            }
            catch (ArrowFormatException exception)
            {
                throw new ArrowFormatException($"Column '{Schema.Fields[i].Name}': {exception.Message}", exception);
            }
        }
    }

    /// <summary>Rows and schema on one line.</summary>
    public override string ToString() => $"{RowCount} rows ({Schema})";
}
