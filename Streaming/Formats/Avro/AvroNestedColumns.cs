using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Arrays.</summary>
internal sealed class AvroListColumn(ListBuilder builder, AvroColumn items) : AvroColumn
{
    public override void Read(ref AvroReader reader)
    {
        for (var count = reader.Block(out _); count > 0; count = reader.Block(out _))
        {
            for (; count > 0; count--)
            {
                reader.Item();
                items.Read(ref reader);
            }
        }

        builder.CloseList();
    }
}

/// <summary>Maps.</summary>
internal sealed class AvroMapColumn(ListBuilder builder, AvroColumn keys, AvroColumn values) : AvroColumn
{
    private readonly StructBuilder _entries = (StructBuilder)builder.Items;

    public override void Read(ref AvroReader reader)
    {
        for (var count = reader.Block(out _); count > 0; count = reader.Block(out _))
        {
            for (; count > 0; count--)
            {
                reader.Item();
                keys.Read(ref reader);
                values.Read(ref reader);
                _entries.CloseRow();
            }
        }

        builder.CloseList();
    }
}

/// <summary>Records inside of a column.</summary>
internal sealed class AvroStructColumn(AvroType type, StructBuilder builder, string path, AvroJson json) : AvroColumn
{
    private readonly AvroFields _fields = new(type, ((StructType)builder.Type).Fields, builder.Field, path, json);

    public override void Read(ref AvroReader reader)
    {
        _fields.Read(ref reader);
        builder.CloseRow();
    }
}

/// <summary>Unions, each branch of which the column takes.</summary>
internal sealed class AvroUnionColumn(AvroColumn[] branches) : AvroColumn
{
    public override void Read(ref AvroReader reader) => branches[reader.Choice(branches.Length, "branch of the union")].Read(ref reader);
}

/// <summary>Unions as a struct of a field a branch: all but that of the value are null.</summary>
internal sealed class AvroBranchColumn : AvroColumn
{
    private readonly StructBuilder _builder;
    private readonly int[] _fields;
    private readonly AvroColumn?[] _branches;

    /// <summary>Makes one.</summary>
    /// <param name="type">The union.</param>
    /// <param name="builder">Where values go.</param>
    /// <param name="fields">The field of each branch; -1 for null.</param>
    /// <param name="path">The column.</param>
    /// <param name="json">Writes what becomes text.</param>
    public AvroBranchColumn(AvroType type, StructBuilder builder, int[] fields, string path, AvroJson json)
    {
        (_builder, _fields) = (builder, fields);
        _branches = [.. type.Branches.Select((branch, place) => fields[place] < 0 ? null : Of(branch, builder.Field(fields[place]), $"{path}.{branch.BranchName}", json))];
    }

    public override void Read(ref AvroReader reader)
    {
        var place = reader.Choice(_branches.Length, "branch of the union");
        if (_branches[place] is not { } branch)
        {
            _builder.AppendNull();
            return;
        }

        branch.Read(ref reader);
        for (var i = 0; i < _fields.Length; i++)
        {
            if (i != place && _fields[i] >= 0)
            {
                _builder.Field(_fields[i]).AppendNull();
            }
        }

        _builder.CloseRow();
    }
}
