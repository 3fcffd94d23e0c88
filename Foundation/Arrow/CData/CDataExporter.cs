namespace OrleansFlow.Arrow.CData;

/// <summary>
/// Hands Arrow data to native code through the C Data and C Stream Interfaces, without copying buffers. Each exported structure
/// holds its own reference until its release callback is called; the caller keeps its own.
/// </summary>
public static unsafe class CDataExporter
{
    /// <summary>Exports a schema as a struct type whose children are the columns.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="target">Overwritten; on an exception there is nothing to release.</param>
    public static void ExportSchema(ArrowSchema schema, CArrowSchema* target)
    {
        ArgumentNullException.ThrowIfNull(schema);
        CheckTarget(target);
        SchemaExport.Export(new ArrowField("", new StructType(schema.Fields), false, schema.Metadata), target);
    }

    /// <summary>Exports one field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="target">Overwritten; on an exception there is nothing to release.</param>
    public static void ExportField(ArrowField field, CArrowSchema* target)
    {
        ArgumentNullException.ThrowIfNull(field);
        CheckTarget(target);
        SchemaExport.Export(field, target);
    }

    /// <summary>Exports a batch as a struct array whose children are the columns.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="target">Overwritten; on an exception there is nothing to release.</param>
    public static void ExportBatch(RecordBatch batch, CArrowArray* target)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckTarget(target);
        ArrayExport.Export(batch, target);
    }

    /// <summary>Exports one array.</summary>
    /// <param name="array">The values.</param>
    /// <param name="target">Overwritten; on an exception there is nothing to release.</param>
    public static void ExportArray(ArrowArray array, CArrowArray* target)
    {
        ArgumentNullException.ThrowIfNull(array);
        CheckTarget(target);
        ArrayExport.Export(array, target);
    }

    /// <summary>Exports batches as a stream that the consumer pulls.</summary>
    /// <param name="schema">The schema of every batch.</param>
    /// <param name="batches">
    /// Yields batches whose reference passes to the stream. It runs on the consumer's threads, one call at a time, and is disposed
    /// with the stream. What it throws becomes the stream's error.
    /// </param>
    /// <param name="target">Overwritten.</param>
    public static void ExportStream(ArrowSchema schema, IEnumerator<RecordBatch> batches, CArrowArrayStream* target)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(batches);
        CheckTarget(target);
        StreamExport.Export(schema, batches, target);
    }

    private static void CheckTarget(void* target)
    {
        if (target is null)
        {
            throw new ArgumentNullException(nameof(target));
        }
    }
}
