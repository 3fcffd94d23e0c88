namespace OrleansFlow.Arrow.Ipc;

/// <summary>Writes schemas. Dictionaries get their ids depth first, in the order in which <see cref="IpcEncoder"/> finds them in batches.</summary>
internal sealed class SchemaEncoder(FlatBuilder builder)
{
    private long _nextDictionary;

    /// <summary>A complete message with a schema.</summary>
    public byte[] EncodeMessage(ArrowSchema schema)
    {
        builder.Clear();
        var position = Encode(schema);

        // The length of the body, 0, is left out as every default may be: older readers in Rust find an aligned long at an odd place.
        builder.StartTable(5);
        builder.Offset(2, position);
        builder.Short(0, IpcFormat.VersionV5);
        builder.Byte(1, (byte)IpcMessageKind.Schema);
        return builder.Finish(builder.EndTable());
    }

    /// <summary>A schema table within a message that the caller builds.</summary>
    public int Encode(ArrowSchema schema)
    {
        _nextDictionary = 0;
        var fields = Encode(schema.Fields);
        var metadata = Encode(schema.Metadata);
        builder.StartTable(4);
        builder.Offset(1, fields);
        builder.Offset(2, metadata);
        builder.Short(0, 0);
        return builder.EndTable();
    }

    private int Encode(IReadOnlyList<ArrowField> fields)
    {
        var positions = new int[fields.Count];
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = Encode(fields[i]);
        }

        return builder.References(positions);
    }

    private int Encode(IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        if (metadata.Count == 0)
        {
            return 0;
        }

        var positions = new int[metadata.Count];
        for (var i = 0; i < positions.Length; i++)
        {
            var key = builder.String(metadata[i].Key);
            var value = builder.String(metadata[i].Value);
            builder.StartTable(2);
            builder.Offset(0, key);
            builder.Offset(1, value);
            positions[i] = builder.EndTable();
        }

        return builder.References(positions);
    }

    private int Encode(ArrowField field)
    {
        var stored = field.Type;
        var dictionaryId = -1L;
        if (stored is DictionaryType dictionary)
        {
            dictionaryId = _nextDictionary++;
            stored = dictionary.ValueType;
            if (stored is DictionaryType)
            {
                throw new ArgumentException($"Field '{field.Name}': the values of a dictionary cannot be a dictionary themselves.", nameof(field));
            }
        }

        var children = Encode(stored.Children);
        var encoding = 0;
        if (field.Type is DictionaryType encoded)
        {
            var index = EncodeInt(encoded.IndexType);
            builder.StartTable(4);
            builder.Long(0, dictionaryId);
            builder.Offset(1, index);
            builder.Bool(2, encoded.IsOrdered);
            encoding = builder.EndTable();
        }

        var metadata = Encode(field.Metadata);
        var name = builder.String(field.Name);
        var type = Encode(stored, out var code);
        builder.StartTable(7);
        builder.Offset(0, name);
        builder.Offset(3, type);
        builder.Offset(4, encoding);
        builder.Offset(5, children);
        builder.Offset(6, metadata);
        builder.Bool(1, field.IsNullable);
        builder.Byte(2, code);
        return builder.EndTable();
    }

    private int EncodeInt(IntegerType type)
    {
        builder.StartTable(2);
        builder.Int(0, type.FixedBitWidth);
        builder.Bool(1, type.IsSigned);
        return builder.EndTable();
    }

    private int Encode(ArrowType type, out byte code)
    {
        switch (type)
        {
            case IntegerType integer:
                code = IpcFormat.TypeInt;
                return EncodeInt(integer);
            case FloatingPointType:
                code = IpcFormat.TypeFloatingPoint;
                return OneShort((short)(type.FixedBitWidth == 16 ? 0 : type.FixedBitWidth / 32));
            case DateType:
                code = IpcFormat.TypeDate;
                return OneShort((short)(type.FixedBitWidth == 32 ? 0 : 1));
            case IntervalType interval:
                code = IpcFormat.TypeInterval;
                return OneShort((short)interval.Unit);
            case DurationType duration:
                code = IpcFormat.TypeDuration;
                return OneShort((short)duration.Unit);
            case FixedSizeBinaryType binary:
                code = IpcFormat.TypeFixedSizeBinary;
                return OneInt(binary.ByteWidth);
            case FixedSizeListType list:
                code = IpcFormat.TypeFixedSizeList;
                return OneInt(list.Size);
            case MapType map:
                code = IpcFormat.TypeMap;
                builder.StartTable(1);
                builder.Bool(0, map.KeysSorted);
                return builder.EndTable();
            case TimeType time:
                code = IpcFormat.TypeTime;
                builder.StartTable(2);
                builder.Int(1, time.FixedBitWidth);
                builder.Short(0, (short)time.Unit);
                return builder.EndTable();
            case TimestampType timestamp:
                code = IpcFormat.TypeTimestamp;
                var zone = timestamp.TimeZone is null ? 0 : builder.String(timestamp.TimeZone);
                builder.StartTable(2);
                builder.Offset(1, zone);
                builder.Short(0, (short)timestamp.Unit);
                return builder.EndTable();
            case DecimalType number:
                code = IpcFormat.TypeDecimal;
                builder.StartTable(3);
                builder.Int(0, number.Precision);
                builder.Int(1, number.Scale);
                builder.Int(2, number.FixedBitWidth);
                return builder.EndTable();
            case UnionType union:
                code = IpcFormat.TypeUnion;
                var ids = builder.Ints(union.TypeIds);
                builder.StartTable(2);
                builder.Offset(1, ids);
                builder.Short(0, (short)union.Mode);
                return builder.EndTable();
            default:
                code = CodeWithoutParameters(type);
                builder.StartTable(0);
                return builder.EndTable();
        }
    }

    private static byte CodeWithoutParameters(ArrowType type) => type switch
    {
        NullType => IpcFormat.TypeNull,
        BooleanType => IpcFormat.TypeBool,
        StringType text => text.IsLarge ? IpcFormat.TypeLargeUtf8 : IpcFormat.TypeUtf8,
        BinaryType binary => binary.IsLarge ? IpcFormat.TypeLargeBinary : IpcFormat.TypeBinary,
        ListType list => list.IsLarge ? IpcFormat.TypeLargeList : IpcFormat.TypeList,
        StructType => IpcFormat.TypeStruct,
        RunEndEncodedType => IpcFormat.TypeRunEndEncoded,
        BinaryViewType => IpcFormat.TypeBinaryView,
        StringViewType => IpcFormat.TypeUtf8View,
        ListViewType view => view.IsLarge ? IpcFormat.TypeLargeListView : IpcFormat.TypeListView,
        _ => throw new ArgumentException($"{type.Name} has no code in the IPC format.", nameof(type)),
    };

    private int OneShort(short value)
    {
        builder.StartTable(1);
        builder.Short(0, value);
        return builder.EndTable();
    }

    private int OneInt(int value)
    {
        builder.StartTable(1);
        builder.Int(0, value);
        return builder.EndTable();
    }
}
