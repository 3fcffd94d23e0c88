using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Arrays, each in one block.</summary>
internal sealed class AvroListValue(AvroValue items, string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var list = (VariableListArray)array;
        var (start, length) = list.GetRange(row);
        if (length > 0)
        {
            target.WriteLong(length);
        }

        for (var i = start; i < start + length; i++)
        {
            items.Write(list.Items, i, target);
        }

        target.WriteLong(0);
    }
}

/// <summary>Maps, each in one block.</summary>
internal sealed class AvroMapValue(AvroValue values, string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var map = (MapArray)array;
        var (start, length) = map.GetRange(row);
        if (length > 0)
        {
            target.WriteLong(length);
        }

        var keys = (TextArray)map.Keys;
        for (var i = start; i < start + length; i++)
        {
            target.WriteBytes(keys.GetUtf8(i));
            values.Write(map.Values, i, target);
        }

        target.WriteLong(0);
    }
}

/// <summary>Records inside of a column.</summary>
internal sealed class AvroStructValue(AvroType type, IReadOnlyList<ArrowField> columns, string path) : AvroValue(path)
{
    private readonly AvroFieldWriters _fields = new(type, columns, path);

    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var one = (StructArray)array;
        for (var i = 0; i < _fields.Count; i++)
        {
            _fields.Write(i, _fields.Column(i) is var column and >= 0 ? one.Field(column) : null, row, target);
        }
    }
}

/// <summary>Unions with one branch that the column fits, the first of them.</summary>
internal sealed class AvroUnionValue(AvroValue? value, int place, int nullPlace, string path) : AvroValue(path)
{
    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        if (array.IsNull(row) && nullPlace >= 0)
        {
            target.WriteLong(nullPlace);
        }
        else
        {
            base.Write(array, row, target);
        }
    }

    /// <summary>What writes a column; null when it fits no branch.</summary>
    public static AvroUnionValue? FirstOf(AvroType type, ArrowType column, string path)
    {
        var (value, place, nullPlace) = ((AvroValue?)null, -1, -1);
        for (var i = 0; i < type.Branches.Count; i++)
        {
            nullPlace = type.Branches[i].Kind == AvroKind.Null ? i : nullPlace;
            if (value is null && type.Branches[i].Kind != AvroKind.Null && Try(type.Branches[i]) is { } found)
            {
                (value, place) = (found, i);
            }
        }

        return value is null ? null : new AvroUnionValue(value, place, nullPlace, path);

        AvroValue? Try(AvroType branch)
        {
            try
            {
                return TryOf(branch, column, path);
            }
            catch (FlowException) when (type.Branches.Count > 2)
            {
                // What is inside does not fit this branch; another one may.
                return null;
            }
        }
    }

    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        target.WriteLong(place);
        value!.Write(array, row, target);
    }
}

/// <summary>Unions of a struct with a field a branch, one of which has a value.</summary>
internal sealed class AvroBranchValue : AvroValue
{
    private readonly int[] _fields;
    private readonly AvroValue?[] _branches;
    private readonly int _nullPlace;

    public AvroBranchValue(AvroType type, StructType column, int[] fields, string path)
        : base(path)
    {
        _fields = fields;
        _branches = [.. type.Branches.Select((branch, place) => fields[place] < 0 ? null : Of(branch, column.Fields[fields[place]].Type, $"{path}.{branch.BranchName}"))];
        _nullPlace = Array.FindIndex(_branches, static branch => branch is null);
    }

    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var found = -1;
        for (var i = 0; i < _fields.Length && !array.IsNull(row); i++)
        {
            if (_fields[i] >= 0 && !((StructArray)array).Field(_fields[i]).IsNull(row))
            {
                found = found < 0 ? i : throw Refuse("values for two branches of a union");
            }
        }

        if (found >= 0)
        {
            target.WriteLong(found);
            _branches[found]!.Write(((StructArray)array).Field(_fields[found]), row, target);
        }
        else if (_nullPlace >= 0)
        {
            target.WriteLong(_nullPlace);
        }
        else
        {
            throw Refuse("no value for any branch of a union that has no null");
        }
    }

    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) => Write(array, row, target);
}
