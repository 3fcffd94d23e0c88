using System.Buffers.Binary;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Reads schemas and remembers which dictionary each dictionary type belongs to.</summary>
internal sealed class SchemaDecoder(IpcReadOptions options)
{
    private int _fieldCount;

    /// <summary>The id of each dictionary; every dictionary field has a type object of its own.</summary>
    public Dictionary<DictionaryType, long> DictionaryIds { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>The type of each dictionary's values.</summary>
    public Dictionary<long, ArrowType> DictionaryValueTypes { get; } = [];

    public ArrowSchema Decode(FlatTable schema)
    {
        var endianness = schema.Short(0);
        if (endianness != 0)
        {
            throw new ArrowFormatException($"The schema says endianness {endianness} (big-endian); only little-endian data can be read.");
        }

        return new ArrowSchema(DecodeFields(schema, 1, 0), DecodeMetadata(schema, 2));
    }

    private ArrowField[] DecodeFields(FlatTable table, int slot, int depth)
    {
        var count = table.TableCount(slot);
        if (depth > options.MaxDepth)
        {
            throw new ArrowFormatException($"The schema nests types more than {options.MaxDepth} levels deep.");
        }

        // Tables can be shared, so a small message could describe a huge tree.
        _fieldCount += count;
        if (_fieldCount > options.MaxFields)
        {
            throw new ArrowFormatException($"The schema has more than {options.MaxFields} fields.");
        }

        var fields = new ArrowField[count];
        for (var i = 0; i < count; i++)
        {
            fields[i] = DecodeField(table.TableAt(slot, i), depth);
        }

        return fields;
    }

    private static KeyValuePair<string, string>[] DecodeMetadata(FlatTable table, int slot)
    {
        var count = table.TableCount(slot);
        var pairs = new KeyValuePair<string, string>[count];
        for (var i = 0; i < count; i++)
        {
            var pair = table.TableAt(slot, i);
            pairs[i] = new(pair.String(0) ?? "", pair.String(1) ?? "");
        }

        return pairs;
    }

    private ArrowField DecodeField(FlatTable field, int depth)
    {
        var name = field.String(0) ?? "";
        var children = DecodeFields(field, 5, depth + 1);
        try
        {
            field.TryTable(3, out var typeTable);
            var type = DecodeType(field.Byte(2), typeTable, children, name);
            if (field.TryTable(4, out var encoding))
            {
                type = DecodeDictionary(encoding, type, name);
            }

            return new ArrowField(name, type, field.Bool(1), DecodeMetadata(field, 6));
        }
        catch (ArgumentException exception)
        {
            throw new ArrowFormatException($"Field '{name}': {exception.Message}", exception);
        }
    }

    private DictionaryType DecodeDictionary(FlatTable encoding, ArrowType valueType, string name)
    {
        var id = encoding.Long(0);
        var indexType = encoding.TryTable(1, out var index) ? DecodeInt(index) : ArrowType.Int32;
        var type = new DictionaryType(indexType, valueType, encoding.Bool(2));
        DictionaryIds.Add(type, id);
        if (DictionaryValueTypes.TryGetValue(id, out var known) && !known.Equals(valueType))
        {
            throw new ArrowFormatException($"Field '{name}': dictionary {id} has values of {valueType.Name}, another field says {known.Name}.");
        }

        DictionaryValueTypes[id] = known ?? valueType;
        return type;
    }

    private static IntegerType DecodeInt(FlatTable table) => new(table.Int(0), table.Bool(1));

    private static ArrowType DecodeType(byte code, FlatTable table, ArrowField[] children, string name)
    {
        RequireChildren(code, children.Length, name);
        return code switch
        {
            IpcFormat.TypeNull => ArrowType.Null,
            IpcFormat.TypeInt => DecodeInt(Required(table, name)),
            IpcFormat.TypeFloatingPoint => new FloatingPointType(Required(table, name).Short(0) switch
            {
                0 => 16,
                1 => 32,
                2 => 64,
                var precision => throw new ArrowFormatException($"Field '{name}': unknown floating point precision {precision}."),
            }),
            IpcFormat.TypeBinary => ArrowType.Binary,
            IpcFormat.TypeUtf8 => ArrowType.Utf8,
            IpcFormat.TypeBool => ArrowType.Boolean,
            IpcFormat.TypeDecimal => new DecimalType(Required(table, name).Int(0), table.Int(1), table.Int(2, 128)),
            IpcFormat.TypeDate => Required(table, name).Short(0, 1) switch
            {
                0 => ArrowType.Date32,
                1 => ArrowType.Date64,
                var unit => throw new ArrowFormatException($"Field '{name}': unknown date unit {unit}."),
            },
            IpcFormat.TypeTime => DecodeTime(Required(table, name), name),
            IpcFormat.TypeTimestamp => ArrowType.Timestamp(Unit(Required(table, name).Short(0), name), table.String(1)),
            IpcFormat.TypeInterval => Required(table, name).Short(0) is var unit and >= 0 and <= 2
                ? ArrowType.Interval((IntervalUnit)unit)
                : throw new ArrowFormatException($"Field '{name}': unknown interval unit."),
            IpcFormat.TypeList => new ListType(children[0], false),
            IpcFormat.TypeStruct => new StructType(children),
            IpcFormat.TypeUnion => DecodeUnion(Required(table, name), children, name),
            IpcFormat.TypeFixedSizeBinary => new FixedSizeBinaryType(Required(table, name).Int(0)),
            IpcFormat.TypeFixedSizeList => new FixedSizeListType(children[0], Required(table, name).Int(0)),
            IpcFormat.TypeMap => new MapType(children[0], Required(table, name).Bool(0)),
            IpcFormat.TypeDuration => ArrowType.Duration(Unit(Required(table, name).Short(0, 1), name)),
            IpcFormat.TypeLargeBinary => ArrowType.LargeBinary,
            IpcFormat.TypeLargeUtf8 => ArrowType.LargeUtf8,
            IpcFormat.TypeLargeList => new ListType(children[0], true),
            IpcFormat.TypeRunEndEncoded => new RunEndEncodedType(children[0], children[1]),
            IpcFormat.TypeBinaryView => ArrowType.BinaryView,
            IpcFormat.TypeUtf8View => ArrowType.Utf8View,
            IpcFormat.TypeListView => new ListViewType(children[0], false),
            IpcFormat.TypeLargeListView => new ListViewType(children[0], true),
            _ => throw new ArrowFormatException($"Field '{name}' has the type code {code}, which is not supported."),
        };
    }

    private static FlatTable Required(FlatTable table, string name) => table.IsMissing
        ? throw new ArrowFormatException($"Field '{name}': the description of its type is missing.")
        : table;

    private static void RequireChildren(byte code, int count, string name)
    {
        int? expected = code switch
        {
            IpcFormat.TypeList or IpcFormat.TypeLargeList or IpcFormat.TypeFixedSizeList or IpcFormat.TypeMap
                or IpcFormat.TypeListView or IpcFormat.TypeLargeListView => 1,
            IpcFormat.TypeRunEndEncoded => 2,
            IpcFormat.TypeStruct or IpcFormat.TypeUnion => null,
            _ => code <= IpcFormat.TypeLargeListView ? 0 : null,
        };
        if (expected is { } number && number != count)
        {
            throw new ArrowFormatException($"Field '{name}': {count} children instead of {number}.");
        }
    }

    private static TimeUnit Unit(short unit, string name) => unit is >= 0 and <= 3
        ? (TimeUnit)unit
        : throw new ArrowFormatException($"Field '{name}': unknown time unit {unit}.");

    private static TimeType DecodeTime(FlatTable table, string name)
    {
        var type = new TimeType(Unit(table.Short(0, 1), name));
        var bits = table.Int(1, 32);
        return bits == type.FixedBitWidth
            ? type
            : throw new ArrowFormatException($"Field '{name}': {type.Name} cannot have {bits} bits.");
    }

    private static UnionType DecodeUnion(FlatTable table, ArrowField[] children, string name)
    {
        var mode = table.Short(0);
        if (mode is not (0 or 1))
        {
            throw new ArrowFormatException($"Field '{name}': unknown union mode {mode}.");
        }

        var bytes = table.Vector(1, 4, out var count);
        int[]? ids = null;
        if (count > 0)
        {
            ids = new int[count];
            for (var i = 0; i < count; i++)
            {
                ids[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]);
            }
        }

        return new UnionType((UnionMode)mode, children, ids);
    }
}
