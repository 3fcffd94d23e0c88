using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>
/// Turns messages back into batches that refer to the bodies without copying them. It remembers the schema and the
/// dictionaries. Not thread-safe; one decoder a stream.
/// </summary>
public sealed class IpcDecoder : IDisposable
{
    private readonly IpcReadOptions _options;
    private readonly Dictionary<long, ArrowArray> _dictionaries = [];
    private SchemaDecoder? _schemaDecoder;
    private long _dictionaryBytes;

    /// <summary>Creates a decoder.</summary>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    public IpcDecoder(IpcReadOptions? options = null) => _options = options ?? new IpcReadOptions();

    /// <summary>The schema; null until its message came.</summary>
    public ArrowSchema? Schema { get; private set; }

    /// <summary>Reads a message.</summary>
    /// <param name="metadata">The FlatBuffers message, without framing.</param>
    /// <param name="body">
    /// The body; its address should be a multiple of 8, otherwise it is copied. The batch adds references of its own, the caller
    /// keeps the one it has.
    /// </param>
    /// <returns>The rows, whose one reference the caller owns; null for a schema or dictionary message.</returns>
    /// <exception cref="ArrowFormatException">The message breaks the format, passes a limit or comes at the wrong time.</exception>
    public RecordBatch? Decode(ReadOnlySpan<byte> metadata, ArrowBuffer body) => Decode(metadata, body, null);

    /// <summary>Reads a message; of a record batch only some columns, in this order, each once. Null: all.</summary>
    internal RecordBatch? Decode(ReadOnlySpan<byte> metadata, ArrowBuffer body, IReadOnlyList<int>? wanted)
    {
        var header = MessageHeader.Read(metadata, _options);
        if (header.BodyLength > body.Length)
        {
            throw new ArrowFormatException($"The message claims a body of {header.BodyLength} bytes, {body.Length} came.");
        }

        switch ((IpcMessageKind)header.Kind)
        {
            case IpcMessageKind.Schema:
                ReadSchema(header.Content);
                return null;
            case IpcMessageKind.DictionaryBatch:
                ReadDictionary(header, body);
                return null;
            case IpcMessageKind.RecordBatch:
                return ReadBatch(header, body, wanted);
            default:
                throw new ArrowFormatException($"The message has the kind {header.Kind}; schemas, dictionaries and record batches can be read.");
        }
    }

    /// <summary>Reads a message; see <see cref="Decode(ReadOnlySpan{byte}, ArrowBuffer)"/>.</summary>
    public RecordBatch? Decode(ReadOnlyMemory<byte> metadata, ArrowBuffer body) => Decode(metadata.Span, body);

    /// <summary>The length of the body that follows a message.</summary>
    /// <param name="metadata">The FlatBuffers message, without framing.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="ArrowFormatException">The message breaks the format or the length is above the limit.</exception>
    public static long ReadBodyLength(ReadOnlySpan<byte> metadata, IpcReadOptions? options = null) =>
        MessageHeader.Read(metadata, options ?? new IpcReadOptions()).BodyLength;

    /// <summary>Lets go of the dictionaries. Batches that were read stay valid.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        foreach (var dictionary in _dictionaries.Values)
        {
            dictionary.Dispose();
        }

        _dictionaries.Clear();
    }

    internal void ReadSchema(FlatTable schema)
    {
        if (Schema is not null)
        {
            throw new ArrowFormatException("A second schema came; a stream has one.");
        }

        var decoder = new SchemaDecoder(_options);
        Schema = decoder.Decode(schema);
        _schemaDecoder = decoder;
    }

    /// <summary>The dictionary of a type with one more reference.</summary>
    internal ArrowArray FindDictionary(DictionaryType type, string name, bool isUnused)
    {
        var id = _schemaDecoder!.DictionaryIds[type];
        if (_dictionaries.TryGetValue(id, out var dictionary))
        {
            return dictionary.Retain();
        }

        // A batch that holds only nulls may come before its dictionary.
        if (!isUnused)
        {
            throw new ArrowFormatException($"Field '{name}': dictionary {id} did not come before the batch.");
        }

        using var empty = ArrowArrayBuilder.Create(type.ValueType, _options.Allocator);
        return empty.Build();
    }

    private static ArrowBuffer Align(ArrowBuffer body, IpcReadOptions options)
    {
        unsafe
        {
            return ((nint)body.Pointer & 7) == 0 ? body.Retain() : ArrowBuffer.CopyOf(body.Span, options.Allocator);
        }
    }

    private void RequireSchema(string what)
    {
        if (Schema is null)
        {
            throw new ArrowFormatException($"A {what} came before the schema.");
        }
    }

    private RecordBatch ReadBatch(MessageHeader header, ArrowBuffer body, IReadOnlyList<int>? wanted)
    {
        RequireSchema("record batch");
        var aligned = Align(body, _options);
        try
        {
            using var decompressor = BodyDecompressor.For(header.Content, _options);
            var decoder = new BatchDecoder(header.Content, aligned, this, decompressor, header.Version == IpcFormat.VersionV4);
            var columns = wanted is null ? decoder.ReadAll(Schema!.Fields) : decoder.ReadSome(Schema!.Fields, wanted);
            var schema = wanted is null ? Schema : new ArrowSchema([.. wanted.Select(index => Schema.Fields[index])]);
            var batch = new RecordBatch(schema, columns, (int)decoder.RowCount);
            Validate(batch.Columns, schema.Fields, batch);
            return batch;
        }
        finally
        {
            aligned.Release();
        }
    }

    private void ReadDictionary(MessageHeader header, ArrowBuffer body)
    {
        RequireSchema("dictionary");
        var id = header.Content.Long(0);
        if (!_schemaDecoder!.DictionaryValueTypes.TryGetValue(id, out var type))
        {
            throw new ArrowFormatException($"Dictionary {id} came, but no field of the schema uses it.");
        }

        var isDelta = header.Content.Bool(2);
        if (!header.Content.TryTable(1, out var content))
        {
            throw new ArrowFormatException($"Dictionary {id} has no values.");
        }

        var aligned = Align(body, _options);
        try
        {
            var field = new ArrowField($"dictionary {id}", type);
            using var decompressor = BodyDecompressor.For(content, _options);
            var decoder = new BatchDecoder(content, aligned, this, decompressor, header.Version == IpcFormat.VersionV4);
            var values = decoder.ReadAll([field])[0];
            Validate([values], [field], values);
            Store(id, isDelta, values);
        }
        finally
        {
            aligned.Release();
        }
    }

    private void Store(long id, bool isDelta, ArrowArray values)
    {
        _dictionaries.TryGetValue(id, out var known);
        if (isDelta && known is not null)
        {
            try
            {
                var extended = ArrowTake.Concat([known, values], _options.Allocator);
                values.Dispose();
                values = extended;
            }
            catch (ArrowFormatException)
            {
                values.Dispose();
                throw;
            }
            catch (Exception exception) when (exception is InvalidOperationException or NotSupportedException or OverflowException)
            {
                values.Dispose();
                throw new ArrowFormatException($"Dictionary {id} cannot be extended: {exception.Message}", exception);
            }
        }

        _dictionaryBytes += values.ByteCount - (known?.ByteCount ?? 0);
        known?.Dispose();
        _dictionaries[id] = values;
        if (_dictionaryBytes > _options.MaxDictionaryBytes)
        {
            throw new ArrowFormatException($"The dictionaries have {_dictionaryBytes} bytes; the limit is {_options.MaxDictionaryBytes}.");
        }
    }

    private void Validate(IReadOnlyList<ArrowArray> arrays, IReadOnlyList<ArrowField> fields, IDisposable owner)
    {
        if (!_options.Validate)
        {
            return;
        }

        try
        {
            for (var i = 0; i < arrays.Count; i++)
            {
                if (ArrowValidator.FindDefect(arrays[i], _options.ValidateUtf8, checkDictionaries: false) is { } defect)
                {
                    throw new ArrowFormatException($"Field '{fields[i].Name}': {defect}");
                }
            }
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }
}
