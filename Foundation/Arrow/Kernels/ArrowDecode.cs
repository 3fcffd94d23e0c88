namespace OrleansFlow.Arrow.Kernels;

/// <summary>Puts plain values in the place of dictionaries, at every depth.</summary>
public static class ArrowDecode
{
    /// <summary>The schema with the types of the values in the place of dictionary types; the same object when there are none.</summary>
    public static ArrowSchema Plain(ArrowSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return schema.Fields.Any(field => HasDictionary(field.Type)) ? new ArrowSchema([.. schema.Fields.Select(Plain)], schema.Metadata) : schema;
    }

    /// <summary>The rows with plain values; columns without dictionaries are shared, not copied. The caller owns the result.</summary>
    /// <param name="source">The rows; stay the caller's.</param>
    /// <param name="plain">What <see cref="Plain(ArrowSchema)"/> made of their schema.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArrowFormatException">An index lies outside its dictionary.</exception>
    public static RecordBatch Decode(RecordBatch source, ArrowSchema plain, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(plain);
        var columns = new List<ArrowArray>(source.ColumnCount);
        try
        {
            foreach (var column in source.Columns)
            {
                columns.Add(Decode(column, allocator));
            }

            return new RecordBatch(plain, columns, source.RowCount);
        }
        catch
        {
            columns.ForEach(column => column.Dispose());
            throw;
        }
    }

    /// <summary>The values without dictionaries; the caller owns the result, which is the same array where there are none.</summary>
    /// <exception cref="ArrowFormatException">An index lies outside its dictionary.</exception>
    public static ArrowArray Decode(ArrowArray source, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!HasDictionary(source.Type))
        {
            return source.Retain();
        }

        if (source is DictionaryArray encoded)
        {
            var values = encoded.Decode(allocator);
            if (!HasDictionary(values.Type))
            {
                return values;
            }

            using (values)
            {
                return Decode(values, allocator);
            }
        }

        var children = new List<ArrowArray>(source.Data.Children.Length);
        try
        {
            foreach (var child in source.Data.Children)
            {
                children.Add(Decode(child, allocator));
            }

            return ArrowArray.Create(new ArrowArrayData
            {
                Type = Plain(source.Type),
                Length = source.Length,
                NullCount = source.Data.NullCount,
                Offset = source.Offset,
                Buffers = [.. source.Data.Buffers.Select(buffer => buffer.Retain())],
                Children = [.. children],
            });
        }
        catch
        {
            children.ForEach(child => child.Dispose());
            throw;
        }
    }

    private static bool HasDictionary(ArrowType type) => type is DictionaryType || type.Children.Any(child => HasDictionary(child.Type));

    private static ArrowField Plain(ArrowField field) => new(field.Name, Plain(field.Type), field.IsNullable, field.Metadata);

    private static ArrowType Plain(ArrowType type) => !HasDictionary(type) ? type : type switch
    {
        DictionaryType dictionary => Plain(dictionary.ValueType),
        StructType known => new StructType([.. known.Fields.Select(Plain)]),
        ListType known => new ListType(Plain(known.Item), known.IsLarge),
        ListViewType known => new ListViewType(Plain(known.Item), known.IsLarge),
        FixedSizeListType known => new FixedSizeListType(Plain(known.Item), known.Size),
        MapType known => new MapType(Plain(known.Entries), known.KeysSorted),
        UnionType known => new UnionType(known.Mode, [.. known.Fields.Select(Plain)], known.TypeIds),
        RunEndEncodedType known => new RunEndEncodedType(known.Children[0], Plain(known.Values)),
        _ => throw new ArgumentException($"{type.Name} has children of a kind that is not known here.", nameof(type)),
    };
}
