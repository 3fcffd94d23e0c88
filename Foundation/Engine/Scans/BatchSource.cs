using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>
/// Something with a schema that statements can scan. Counted: the session that registered it holds a reference, and so does every
/// bound statement, so that a prepared statement stays safe after the name is gone.
/// </summary>
internal abstract unsafe class BatchSource
{
    private readonly LogicalTypeHandle[] _types;
    private readonly ConvertedSchemaHandle[] _converters;
    private int _references = 1;

    protected BatchSource(string name, ArrowSchema schema, ConnectionHandle connection, IScanOwner owner)
    {
        Name = name;
        Schema = schema;
        Connection = connection;
        Owner = owner;
        _types = new LogicalTypeHandle[schema.Fields.Count];
        _converters = new ConvertedSchemaHandle[schema.Fields.Count];
        try
        {
            DescribeColumns();
        }
        catch
        {
            Free();
            throw;
        }
    }

    /// <summary>The name it was registered under, for messages.</summary>
    public string Name { get; }

    /// <summary>How messages about its failures begin.</summary>
    public virtual string Label => $"Registered source '{Name}'";

    /// <summary>Columns of every batch.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The session it belongs to.</summary>
    public IScanOwner Owner { get; }

    /// <summary>Rows expected, or -1 when nobody knows.</summary>
    public abstract long EstimatedRowCount { get; }

    /// <summary>
    /// A connection of the instance that no statement runs on. DuckDB wants one for conversions, possibly after the session's
    /// own is closed: it lives as long as the instance.
    /// </summary>
    protected ConnectionHandle Connection { get; }

    /// <summary>DuckDB's types of the columns.</summary>
    public nint TypeOf(int column) => _types[column].Value;

    /// <summary>Starts a scan: the rows from the beginning.</summary>
    public abstract ScanCursor Open(int[] columns);

    /// <summary>Makes a DuckDB vector of some rows of a column without copying them.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="place">Where the column stands in the batch.</param>
    /// <param name="column">Which column of the source it is.</param>
    /// <param name="start">First row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="target">The vector.</param>
    public void ReferenceRows(SharedArray* batch, int place, int column, long start, long count, nint target)
    {
        ConvertRows(batch, place, column, start, count, out var chunk);

        // The vector shares ownership of the slice, and the slice of the batch; the chunk itself is no longer needed.
        DuckDb.ReferenceVector(target, DuckDb.DataChunkVector(chunk, 0));
        DuckDb.DestroyDataChunk(ref chunk);
    }

    /// <summary>Makes a chunk of one column that points into the batch; the caller destroys it.</summary>
    /// <remarks>
    /// A chunk per column, because each vector must own its memory: of a chunk with several columns only some would, and DuckDB may keep
    /// one vector longer than the others.
    /// </remarks>
    internal void ConvertRows(SharedArray* batch, int place, int column, long start, long count, out nint chunk)
    {
        CArrowArray slice;
        SharedArray.Slice(batch, place, 1, start, count, &slice);
        try
        {
            EngineException.ThrowIfError(DuckDb.DataChunkFromArrow(Connection, &slice, _converters[column], out chunk));
        }
        finally
        {
            // DuckDB has taken the slice over unless it failed.
            CArrowArray.ReleaseIfHeld(&slice);
        }
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            Free();
        }
    }

    /// <summary>Frees what the kind of source holds.</summary>
    protected abstract void FreeContent();

    /// <summary>Says what differs when a batch does not have the registered columns; names and metadata do not matter.</summary>
    /// <param name="schema">Columns of the batch.</param>
    /// <param name="wanted">The registered columns that it should have, in order; null: all.</param>
    protected void ThrowIfOtherColumns(ArrowSchema schema, int[]? wanted = null)
    {
        if (ReferenceEquals(schema, Schema) && wanted is null)
        {
            return;
        }

        var count = wanted?.Length ?? Schema.Fields.Count;
        if (schema.Fields.Count != count)
        {
            throw new ArgumentException(
                $"A batch for '{Name}' has {schema.Fields.Count} columns, {(wanted is null ? "registered" : "asked for")} are {count}: {Schema}.");
        }

        for (var index = 0; index < schema.Fields.Count; index++)
        {
            var registered = Schema.Fields[wanted?[index] ?? index];
            if (!schema.Fields[index].Type.Equals(registered.Type))
            {
                throw new ArgumentException(
                    $"Column {index} of a batch for '{Name}' is '{schema.Fields[index]}', registered is '{registered}'.");
            }
        }
    }

    private void DescribeColumns()
    {
        for (var index = 0; index < _types.Length; index++)
        {
            var column = new ArrowSchema(Schema.Fields[index]);
            _converters[index] = ArrowConversion.ToConverter(Connection, column);

            // DuckDB has no function that tells the types of a converted schema, but the vectors of an empty chunk do.
            using var builder = new RecordBatchBuilder(column);
            using var empty = builder.Build();
            var shared = SharedArray.Export(empty);
            try
            {
                CArrowArray slice;
                SharedArray.Slice(shared, 0, 1, 0, 0, &slice);
                EngineException.ThrowIfError(DuckDb.DataChunkFromArrow(Connection, &slice, _converters[index], out var chunk));
                _types[index] = new LogicalTypeHandle(DuckDb.VectorType(DuckDb.DataChunkVector(chunk, 0)));
                DuckDb.DestroyDataChunk(ref chunk);
                CArrowArray.ReleaseIfHeld(&slice);
            }
            finally
            {
                SharedArray.Release(shared);
            }
        }
    }

    private void Free()
    {
        foreach (var type in _types)
        {
            type?.Dispose();
        }

        foreach (var converter in _converters)
        {
            converter?.Dispose();
        }

        FreeContent();
    }
}
