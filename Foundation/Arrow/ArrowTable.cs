using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow;

/// <summary>
/// Batches of one schema as one whole; immutable. Reference-counted through its batches: disposing the table lets go of them, once.
/// </summary>
/// <remarks>Reading is thread-safe.</remarks>
public sealed class ArrowTable : IDisposable
{
    private readonly RecordBatch[] _batches;
    private int _disposed;

    /// <summary>Takes over one reference to each batch.</summary>
    /// <param name="schema">The schema of every batch.</param>
    /// <param name="batches">The batches in order; may be none. On an exception they stay the caller's.</param>
    /// <exception cref="ArgumentException">A batch has other columns.</exception>
    public ArrowTable(ArrowSchema schema, IReadOnlyList<RecordBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(batches);
        for (var i = 0; i < batches.Count; i++)
        {
            var fields = batches[i].Schema.Fields;
            if (fields.Count != schema.Fields.Count || !fields.Zip(schema.Fields).All(pair => pair.First.Name == pair.Second.Name && pair.First.Type.Equals(pair.Second.Type)))
            {
                throw new ArgumentException($"Batch {i} has the columns ({batches[i].Schema}), the table ({schema}).", nameof(batches));
            }

            RowCount += batches[i].RowCount;
        }

        Schema = schema;
        _batches = [.. batches];
    }

    /// <summary>Names and types of the columns.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>Rows of all batches.</summary>
    public long RowCount { get; }

    /// <summary>The batches in order. Owned by the table.</summary>
    public IReadOnlyList<RecordBatch> Batches => _batches;

    /// <summary>Reads all batches that are left; the caller owns the result.</summary>
    /// <param name="reader">The stream; it stays open.</param>
    /// <param name="cancellationToken">Stops reading; what was read is let go of.</param>
    /// <exception cref="ArrowFormatException">The bytes break the format.</exception>
    public static async Task<ArrowTable> ReadAsync(Ipc.ArrowStreamReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var schema = await reader.ReadSchemaAsync(cancellationToken).ConfigureAwait(false);
        var batches = new List<RecordBatch>();
        try
        {
            while (await reader.ReadNextAsync(cancellationToken).ConfigureAwait(false) is { } batch)
            {
                batches.Add(batch);
            }

            return new ArrowTable(schema, batches);
        }
        catch
        {
            batches.ForEach(batch => batch.Dispose());
            throw;
        }
    }

    /// <summary>The parts of a column, one a batch. Owned by the table.</summary>
    /// <exception cref="ArgumentException">No column, or more than one, has that name.</exception>
    public IReadOnlyList<ArrowArray> Column(string name)
    {
        var index = Schema.IndexOf(name);
        return [.. _batches.Select(batch => batch.Column(index))];
    }

    /// <summary>A value as an object; see <see cref="ArrowArray.GetValue"/>. O(batches).</summary>
    /// <param name="column">Position of the column.</param>
    /// <param name="row">0 to <see cref="RowCount"/> - 1.</param>
    public object? GetValue(int column, long row)
    {
        var left = row;
        foreach (var batch in row < 0 ? [] : _batches)
        {
            if (left < batch.RowCount)
            {
                return batch.Column(column).GetValue((int)left);
            }

            left -= batch.RowCount;
        }

        throw new ArgumentOutOfRangeException(nameof(row), row, $"The table has {RowCount} rows.");
    }

    /// <summary>A range of rows, without a copy; the caller owns the result.</summary>
    public ArrowTable Slice(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > RowCount - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"Rows {offset}..{offset + length} lie outside a table of {RowCount} rows.");
        }

        var parts = new List<RecordBatch>();
        foreach (var batch in _batches)
        {
            var skipped = (int)Math.Min(offset, batch.RowCount);
            var taken = (int)Math.Min(length, batch.RowCount - skipped);
            offset -= skipped;
            length -= taken;
            if (taken > 0)
            {
                parts.Add(batch.Slice(skipped, taken));
            }
        }

        return new ArrowTable(Schema, parts);
    }

    /// <summary>All rows as one batch; the caller owns it. Copies, unless there is one batch.</summary>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="OverflowException">There are more rows than one batch may have.</exception>
    public RecordBatch Combine(ArrowAllocator? allocator = null)
    {
        if (_batches.Length > 0)
        {
            return ArrowTake.Concat(_batches, allocator);
        }

        using var builder = new RecordBatchBuilder(Schema, allocator);
        return builder.Build();
    }

    /// <summary>Maps the rows of all batches to records; see <see cref="RecordBatchRows.Rows{T}"/>.</summary>
    /// <typeparam name="T">A class or record with one public constructor.</typeparam>
    public IEnumerable<T> Rows<T>() => _batches.SelectMany(batch => batch.Rows<T>());

    /// <summary>Lets go of the batches.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            foreach (var batch in _batches)
            {
                batch.Dispose();
            }
        }
    }

    /// <summary>Rows, batches and schema on one line.</summary>
    public override string ToString() => $"{RowCount} rows in {_batches.Length} batches ({Schema})";
}
