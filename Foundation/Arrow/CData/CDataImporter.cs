namespace OrleansFlow.Arrow.CData;

/// <summary>
/// Takes Arrow data from native code through the C Data and C Stream Interfaces, without copying buffers. Ownership passes
/// with the call, also when it throws: the structure is left without release callback.
/// </summary>
public static unsafe class CDataImporter
{
    /// <summary>Reads a schema (a struct type whose children are the columns) and releases the structure.</summary>
    /// <exception cref="ArrowFormatException">It is not a struct, or it uses a format that is not supported.</exception>
    public static ArrowSchema ImportSchema(CArrowSchema* source)
    {
        var field = ImportField(source);
        return field.Type is StructType row
            ? new ArrowSchema(row.Fields, field.Metadata)
            : throw new ArrowFormatException($"A schema must be a struct, not {field.Type.Name}.");
    }

    /// <summary>Reads one field and releases the structure.</summary>
    /// <exception cref="ArrowFormatException">It uses a format that is not supported.</exception>
    public static ArrowField ImportField(CArrowSchema* source)
    {
        CheckSource(source);
        try
        {
            return source->Release is null
                ? throw new ArrowFormatException("The schema was already released or moved.")
                : SchemaImport.Import(source);
        }
        finally
        {
            CArrowSchema.ReleaseIfHeld(source);
        }
    }

    /// <summary>Takes a batch: a struct array without nulls whose children are the columns. The caller owns the one reference.</summary>
    /// <param name="source">The structure; it is released when the last column is let go of.</param>
    /// <param name="schema">The schema that belongs to it.</param>
    /// <param name="validate">Whether offsets, indices and text are checked: O(rows). Default false: the producer is code in this process.</param>
    /// <exception cref="ArrowFormatException">The structure does not fit the schema.</exception>
    public static RecordBatch ImportBatch(CArrowArray* source, ArrowSchema schema, bool validate = false)
    {
        ArgumentNullException.ThrowIfNull(schema);
        using var rows = (StructArray)ImportArray(source, new StructType(schema.Fields), validate);
        if (rows.NullCount > 0)
        {
            throw new ArrowFormatException($"A batch cannot have null rows; {rows.NullCount} of {rows.Length} are null.");
        }

        var columns = new ArrowArray[rows.FieldCount];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = rows.Field(i).Retain();
        }

        return new RecordBatch(schema, columns, rows.Length);
    }

    /// <summary>Takes an array; the caller owns the one reference.</summary>
    /// <param name="source">The structure; it is released when the last reference is given back.</param>
    /// <param name="type">The type that belongs to it.</param>
    /// <param name="validate">Whether offsets, indices and text are checked: O(rows). Default false: the producer is code in this process.</param>
    /// <exception cref="ArrowFormatException">The structure does not fit the type.</exception>
    public static ArrowArray ImportArray(CArrowArray* source, ArrowType type, bool validate = false)
    {
        CheckSource(source);
        ArgumentNullException.ThrowIfNull(type);
        return ArrayImport.Import(source, type, validate);
    }

    /// <summary>Takes a stream of batches and reads its schema.</summary>
    /// <param name="source">The structure; it is released with the reader.</param>
    /// <exception cref="ArrowFormatException">The producer reports an error, or the schema is not supported.</exception>
    public static CDataStreamReader ImportStream(CArrowArrayStream* source)
    {
        CheckSource(source);
        return new CDataStreamReader(source);
    }

    private static void CheckSource(void* source)
    {
        if (source is null)
        {
            throw new ArgumentNullException(nameof(source));
        }
    }
}
